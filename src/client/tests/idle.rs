//! Users who are away, and tabs that stand for them.

use super::*;
use crate::testing::Delivery;
use std::ops::ControlFlow;

fn idle_after_ten_minutes(storage: StorageKind) -> Fixture {
    Fixture::with(|options| (options.idle_timeout, options.storage) = (Some(600), storage))
}

#[test]
fn whoever_comes_back_too_late_finds_no_session_even_if_his_machine_slept() {
    let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
    let (tab, client) = fixture.sign_in();
    fixture.world.suspend(3_600_000);
    tab.touch();
    fixture.world.settle();
    assert_eq!(client.session(), None);
    assert!(fixture.told().contains(&"idle"));
}

#[test]
fn a_touch_counts_that_comes_right_after_the_machine_has_slept() {
    let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(60_000);
    tab.touch();
    fixture.world.settle();
    fixture.world.suspend(500_000);
    tab.touch();
    fixture.world.advance(1_000);
    fixture.world.advance(300_000);
    assert!(client.session().is_some());
}

#[test]
fn an_idle_user_is_signed_out_although_the_store_was_cleared() {
    let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(60_000);
    tab.clear_storage(StorageKind::IndexedDb);
    fixture.world.advance(640_000);
    assert_eq!(client.session(), None);
}

#[test]
fn an_idle_user_is_signed_out_although_the_clock_was_set_back() {
    let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(60_000);
    tab.touch();
    fixture.world.settle();
    fixture.world.shift_clock(-8 * 3_600_000);
    fixture.world.advance(590_000);
    assert!(client.session().is_some());
    fixture.world.advance(60_000);
    assert_eq!(client.session(), None);
}

#[test]
fn a_tab_that_has_not_heard_of_the_session_revives_none_that_is_over() {
    let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
    let deaf = fixture.world.tab();
    let _unaware = fixture.create(&deaf);
    fixture.world.plan_deliveries(|| Delivery::Lost);
    fixture.sign_in();
    fixture.world.suspend(3_600_000);
    deaf.touch();
    fixture.world.settle();
    assert_eq!(fixture.create(&fixture.world.tab()).session(), None);
}

#[test]
fn whoever_uses_a_duplicate_of_an_idle_tab_stays_signed_in_there() {
    let fixture = idle_after_ten_minutes(StorageKind::Session);
    fixture.server.configure(|policy| policy.access_token_lifetime = 7_200);
    let (tab, client) = fixture.sign_in();
    let copy = tab.duplicate();
    let other = fixture.create(&copy);
    for _ in 0..4 {
        fixture.world.advance(300_000);
        copy.touch();
    }
    fixture.world.settle();
    assert!(client.session().is_none() && other.session().is_some());
}

#[test]
fn whoever_takes_long_to_sign_in_beside_the_page_was_not_away() {
    let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let other_tab = fixture.world.tab();
    let other = fixture.create(&other_tab);
    let signing_in = super::window::start(&tab, &client, super::window::popup());
    fixture.world.advance(700_000);
    let opened = tab.opened().expect("a window");
    let _starting = fixture.start_app(&opened.follow(&fixture.server));
    assert_eq!(fixture.end(signing_in), super::window::alice());
    tab.touch();
    fixture.world.advance(60_000);
    assert!(client.session().is_some() && other.session().is_some());
}

#[test]
fn a_page_that_is_frozen_while_it_notes_the_user_ends_nothing_that_others_use() {
    for step in 1.. {
        let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
        let (tab, client) = fixture.sign_in();
        let used = fixture.world.tab();
        let other = fixture.create(&used);
        fixture.world.advance(60_000);
        tab.touch();
        let mut steps = 0;
        fixture.world.advance_watched(5, || {
            steps += 1;
            if steps == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if steps < step {
            assert!(step > 2, "{step}");
            return;
        }
        tab.freeze();
        for _ in 0..4 {
            fixture.world.advance(300_000);
            used.touch();
            fixture.world.settle();
        }
        tab.thaw();
        fixture.world.advance(1_000);
        assert!(client.session().is_some() && other.session().is_some(), "{step}");
    }
}

#[test]
fn a_machine_that_sleeps_while_the_user_is_noted_was_used_before_it_slept() {
    for step in 1.. {
        let fixture = idle_after_ten_minutes(StorageKind::IndexedDb);
        let (tab, client) = fixture.sign_in();
        fixture.world.advance(60_000);
        tab.touch();
        let mut steps = 0;
        fixture.world.advance_watched(5, || {
            steps += 1;
            if steps == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if steps < step {
            assert!(step > 2, "{step}");
            return;
        }
        fixture.world.suspend(1_200_000);
        fixture.world.advance(15_000);
        assert_eq!(client.session(), None, "{step}");
    }
}
