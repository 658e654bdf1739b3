//! Pages that are stopped in the midst of what they do, at each step of it, and go on when others have.

use super::super::SignOutOptions;
use super::attempt::{LATER_MS, most_at_once, start_call};
use super::*;
use crate::testing::{Delivery, Endpoint, Fault, Rotation};
use std::ops::ControlFlow;

/// Lives on for so many steps, or milliseconds. `false`: it was at rest before.
fn go_on(fixture: &Fixture, steps: usize, ms: u64) -> bool {
    let mut taken = 0;
    fixture.world.advance_watched(ms, || {
        taken += 1;
        if taken >= steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    taken >= steps
}

#[test]
fn a_page_that_was_stopped_while_its_user_signed_out_ends_no_session_that_began_since() {
    for steps in 1.. {
        let fixture = Fixture::new();
        let (tab, client) = fixture.sign_in();
        let leaving = client.clone();
        let _leaving = tab
            .start(async move { leaving.sign_out(SignOutOptions { local: true, ..SignOutOptions::default() }).await });
        if !go_on(&fixture, steps, 5) {
            assert!(steps > 3, "{steps}");
            return;
        }
        tab.freeze();
        fixture.world.advance(60_000);
        let (other_tab, other) = fixture.sign_in();
        tab.thaw();
        fixture.world.advance(1_000);
        assert!(other.session().is_some(), "{steps}");
        other_tab.close();
        assert!(fixture.create(&fixture.world.tab()).session().is_some(), "{steps}");
    }
}

#[test]
fn a_page_that_was_stopped_while_it_looked_for_its_user_ends_no_session_that_began_since() {
    for steps in 1.. {
        let fixture = Fixture::with(|options| options.idle_timeout = Some(600));
        let (tab, client) = fixture.sign_in();
        let other = fixture.create(&fixture.world.tab());
        fixture.world.advance(598_000);
        let _ = go_on(&fixture, steps, 60_000);
        if client.session().is_none() && other.session().is_none() {
            assert!(steps > 3, "{steps}");
            return;
        }
        tab.freeze();
        fixture.world.advance(60_000);
        let (_, next) = fixture.sign_in();
        tab.thaw();
        fixture.world.advance(15_000);
        assert!(next.session().is_some(), "{steps}");
    }
}

#[test]
fn a_page_that_looks_for_a_session_while_it_ends_it_does_not_show_it() {
    for steps in 1..20 {
        let fixture = Fixture::with(|options| options.idle_timeout = Some(600));
        let (tab, client) = fixture.sign_in();
        fixture.world.plan_deliveries(|| Delivery::Lost);
        tab.hide();
        tab.freeze();
        // Another session of the same user, who then leaves that page too.
        let (other, _) = fixture.sign_in();
        other.freeze();
        fixture.world.advance(700_000);
        let marks = || {
            let found = tab.stored(StorageKind::IndexedDb).into_iter().find(|(key, _)| key.ends_with(" ended"));
            found.map_or(0, |(_, families)| families.len())
        };
        let before = marks();
        tab.thaw();
        let _ = go_on(&fixture, steps, 1_000);
        tab.show();
        while go_on(&fixture, 1, 1_000) {
            assert!(marks() == before || client.session().is_none(), "{steps}: both sessions are over");
        }
        assert!(client.session().is_none() && marks() > before, "{steps}");
    }
}

#[test]
fn a_machine_that_sleeps_past_the_end_of_a_lease_does_not_renew_twice() {
    for steps in 1.. {
        let fixture = Fixture::new();
        fixture.server.configure(|policy| policy.rotation = Rotation::ReuseDetection);
        fixture.world.set_locks(false);
        let (tab, client) = fixture.sign_in();
        let (dead, third) = (fixture.world.tab(), fixture.world.tab());
        let (dying, other) = (fixture.create(&dead), fixture.create(&third));
        [&tab, &dead, &third].into_iter().for_each(Tab::hide);
        fixture.world.suspend(LATER_MS);
        // It leaves an attempt of which nobody says what came of it.
        fixture.world.fail_next("/token", Fault::RequestLost);
        start_call(&dead, &dying);
        fixture.world.advance(500);
        dead.close();
        fixture.world.suspend(60_000);
        let most = most_at_once(&fixture);
        fixture.world.fail_next("/token", Fault::AnswerLate(2_000));
        start_call(&tab, &client);
        if !go_on(&fixture, steps, 1_000) || most.get() > 0 {
            assert!(steps > 3, "{steps}");
            return;
        }
        fixture.world.suspend(60_000);
        start_call(&third, &other);
        fixture.world.advance(30_000);
        assert_eq!((most.get(), fixture.server.reuse_count()), (1, 0), "{steps}");
        assert_eq!((fixture.call(&client), fixture.call(&other)), (Ok(200), Ok(200)), "{steps}");
    }
}

#[test]
fn a_page_that_is_stopped_again_and_again_keeps_its_clock() {
    for steps in 1.. {
        let fixture = Fixture::new();
        fixture.world.set_witness(false);
        fixture.server.configure(|policy| policy.exposes_date = false);
        let (tab, client) = fixture.sign_in();
        fixture.server.configure(|policy| policy.renews_id_tokens = true);
        tab.hide();
        fixture.world.suspend(LATER_MS);
        start_call(&tab, &client);
        let before = fixture.server.request_count(Endpoint::Token);
        fixture.world.advance_watched(1_000, || {
            let is_answered = fixture.server.request_count(Endpoint::Token) > before;
            if is_answered { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        tab.freeze();
        fixture.world.advance(1_800_000);
        tab.thaw();
        let is_under_way = go_on(&fixture, steps, 10);
        tab.freeze();
        fixture.world.advance(1_800_000);
        tab.thaw();
        fixture.world.advance(1_000);
        assert_eq!(fixture.call(&client), Ok(200), "{steps}");
        let is_about_clock = |event: &Event| format!("{event:?}").contains("clock is wrong");
        assert!(!fixture.diary.borrow().iter().any(is_about_clock), "{steps}");
        if !is_under_way {
            assert!(steps > 3, "{steps}");
            return;
        }
    }
}

#[test]
fn a_page_that_dies_while_another_user_signs_in_leaves_nobody_of_before() {
    for steps in 1.. {
        let fixture = Fixture::new();
        let (_, client) = fixture.sign_in();
        // It hears nothing of what the page does that dies.
        fixture.world.plan_deliveries(|| Delivery::Lost);
        fixture.server.set_user("bob");
        let tab = fixture.world.tab();
        let back = fixture.visit_server(&tab, SignInOptions::default());
        let _starting = fixture.start_app(&back);
        let is_under_way = go_on(&fixture, steps, 1_000);
        back.close();
        let next = fixture.create(&fixture.world.tab());
        let user = next.session().and_then(|session| session.subject.clone());
        if user.as_deref() == Some("bob") {
            fixture.server.revoke_all();
            fixture.world.suspend(LATER_MS);
            assert_eq!(fixture.call(&next), Err(ErrorCode::SessionLost), "{steps}");
            assert_eq!(fixture.call(&client), Err(ErrorCode::LoginRequired), "{steps}");
            assert!(client.session().is_none(), "{steps}");
        }
        if !is_under_way {
            assert!(steps > 10 && user.as_deref() == Some("bob"), "{steps}");
            return;
        }
    }
}
