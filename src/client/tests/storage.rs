use super::super::Level;
use super::super::{AccessTokenOptions, SignOutOptions};
use super::*;
use crate::testing::{Happening, StorageFault};
use std::cell::Cell;
use std::ops::ControlFlow;

#[test]
fn every_kind_of_storage_carries_a_sign_in() {
    for (kind, survives_reload, is_shared) in [
        (StorageKind::IndexedDb, true, true),
        (StorageKind::Local, true, true),
        (StorageKind::Session, true, false),
        (StorageKind::Memory, false, false),
    ] {
        let fixture = Fixture::with(|options| options.storage = kind);
        let (tab, client) = fixture.sign_in();
        assert_eq!(fixture.call(&client), Ok(200), "{kind:?}");
        assert_eq!(fixture.create(&tab.reload()).session().is_some(), survives_reload, "{kind:?}");
        assert_eq!(fixture.create(&fixture.world.tab()).session().is_some(), is_shared, "{kind:?}");
    }
}

#[test]
fn memory_leaves_no_token_anywhere_else() {
    let fixture = Fixture::with(|options| options.storage = StorageKind::Memory);
    let (tab, _client) = fixture.sign_in();
    for kind in [StorageKind::IndexedDb, StorageKind::Local, StorageKind::Session] {
        let stored = format!("{:?}", tab.stored(kind));
        assert_eq!(fixture.server.find_secret(&stored), None, "{kind:?}");
    }
}

#[test]
fn a_browser_that_refuses_storage_is_reported_once_and_the_session_goes_on_in_memory() {
    for fault in [StorageFault::Refused, StorageFault::Full] {
        let fixture = Fixture::new();
        fixture.world.break_storage(StorageKind::IndexedDb, Some(fault));
        let (_, client) = fixture.sign_in();
        for _ in 0..3 {
            fixture.world.suspend(301_000);
            assert_eq!(fixture.call(&client), Ok(200), "{fault:?}");
        }
        // Once for the page that left, and once for the page that came back.
        let reports = fixture.told().iter().filter(|event| **event == "storage_unavailable").count();
        assert!((1..=2).contains(&reports), "{fault:?}: {reports}");
    }
}

#[test]
fn a_disk_that_fills_up_keeps_no_refresh_token_that_has_been_used() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Full));
    fixture.world.suspend(301_000);
    assert_eq!(fixture.call(&client), Ok(200));
    let next = fixture.create(&tab.reload());
    assert_eq!(next.session(), None);
    assert_eq!(fixture.server.reuse_count(), 0);
}

#[test]
fn a_disk_that_fills_up_when_the_session_is_stored_already_keeps_none_that_goes_on_elsewhere() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    client.close();
    fixture.server.set_user("bob");
    let back = fixture.visit_server(&tab, SignInOptions::default());
    let is_stored = Rc::new(Cell::new(false));
    let seen = Rc::clone(&is_stored);
    fixture.world.observe(move |happening| {
        let Happening::Stored { key, .. } = *happening else { return };
        seen.set(seen.get() || key.ends_with(" session"));
    });
    let (page, options) = (back.clone(), fixture.options.clone());
    let created = back.start(async move { Client::create(page, options).await });
    let stop = || if is_stored.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    fixture.world.advance_watched(1_000, stop);
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Full));
    let client = fixture.world.run(created).unwrap().unwrap();
    fixture.world.suspend(301_000);
    assert_eq!(fixture.call(&client), Ok(200));
    fixture.world.break_storage(StorageKind::IndexedDb, None);
    let next = fixture.create(&back.reload());
    assert_eq!((next.session(), fixture.server.reuse_count()), (None, 0));
}

#[test]
fn without_any_storage_a_sign_in_says_so_before_it_leaves() {
    let fixture = Fixture::new();
    for kind in [StorageKind::IndexedDb, StorageKind::Session] {
        fixture.world.break_storage(kind, Some(StorageFault::Refused));
    }
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let error = fixture.world.run(client.sign_in(SignInOptions::default())).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StorageUnavailable);
    assert_eq!(tab.departure(), None);
}

#[test]
fn a_record_that_cannot_be_used_is_dropped_with_a_diagnostic() {
    let key = "tessera https://as.example.com%20app session";
    for value in ["", "v=1", "v=2&owner=https%3A%2F%2Fas.example.com+app", "%%%", "{}", "v=1&owner=another"] {
        let fixture = Fixture::new();
        let tab = fixture.world.tab();
        tab.plant(StorageKind::IndexedDb, key, value);
        let client = fixture.create(&tab);
        assert_eq!((client.session(), client.error()), (None, None), "{value}");
        fixture.world.settle();
        assert!(
            fixture.diary.borrow().iter().any(|event| matches!(event, Event::Log { level: Level::Warn, .. })),
            "{value}"
        );
        assert!(!tab.stored(StorageKind::IndexedDb).contains_key(key));
        fixture.sign_in();
    }
}

#[test]
fn a_record_that_does_not_decrypt_is_dropped() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    client.close();
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Corrupt));
    let client = fixture.create(&tab.reload());
    assert_eq!((client.session(), client.error()), (None, None));
    fixture.world.break_storage(StorageKind::IndexedDb, None);
    fixture.sign_in();
}

#[test]
fn storage_that_is_cleared_under_a_page_is_filled_again() {
    for suspend_ms in [0, 301_000] {
        let fixture = Fixture::new();
        let (tab, client) = fixture.sign_in();
        tab.clear_storage(StorageKind::IndexedDb);
        fixture.world.suspend(suspend_ms);
        assert_eq!(fixture.call(&client), Ok(200));
        tab.hide();
        tab.show();
        fixture.world.settle();
        assert!(client.session().is_some());
        assert!(fixture.create(&fixture.world.tab()).session().is_some());
        assert_eq!(fixture.server.honoured_count(), 1);
    }
}

#[test]
fn a_page_that_slept_through_several_sign_outs_does_not_bring_the_first_session_back() {
    let fixture = Fixture::new();
    let (_, sleeper) = fixture.sign_in();
    fixture.world.set_channels(false);
    for _ in 0..18 {
        let (_, client) = fixture.sign_in();
        fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    }
    sleeper.platform().hide();
    sleeper.platform().show();
    fixture.world.advance(10_000);
    assert_eq!(sleeper.session(), None);
    assert!(fixture.create(&fixture.world.tab()).session().is_none());
}

#[test]
fn storage_that_is_cleared_again_and_again_never_brings_a_used_refresh_token_back() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let other_tab = fixture.world.tab();
    let other = fixture.create(&other_tab);
    tab.clear_storage(StorageKind::IndexedDb);
    // The other tab stores again what it has …
    other_tab.show();
    fixture.world.suspend(301_000);
    let is_renewed = Rc::new(Cell::new(false));
    let seen = Rc::clone(&is_renewed);
    fixture.world.observe(move |happening| {
        if let Happening::Stored { value: Some(value), .. } = happening {
            seen.set(seen.get() || value.contains("generation=2"));
        }
    });
    for (tab, client) in [(&tab, &client), (&other_tab, &other)] {
        let client = client.clone();
        let _call = tab.start(async move { client.fetch(Call::get("https://api.example.com/me")).await });
    }
    let stop = || if is_renewed.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    fixture.world.advance_watched(5_000, stop);
    // … and once more, when nobody has heard yet that it was renewed.
    tab.clear_storage(StorageKind::IndexedDb);
    fixture.world.advance(5_000);
    assert_eq!((fixture.call(&client), fixture.call(&other)), (Ok(200), Ok(200)));
    assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (0, 1));
}

#[test]
fn a_page_that_stores_the_same_write_a_second_time_tells_the_others_a_second_time() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let other_tab = fixture.world.tab();
    let _other = fixture.create(&other_tab);
    tab.clear_storage(StorageKind::IndexedDb);
    // The other tab stores again what it has, and sees that it is kept.
    for _ in 0..2 {
        other_tab.hide();
        other_tab.show();
        fixture.world.advance(1_000);
    }
    let is_renewed = Rc::new(Cell::new(false));
    let seen = Rc::clone(&is_renewed);
    fixture.world.observe(move |happening| {
        if let Happening::Stored { value: Some(value), .. } = happening {
            seen.set(seen.get() || value.contains("generation=2"));
        }
    });
    let renewing = client.clone();
    let _renewal =
        tab.start(async move { renewing.access_token(AccessTokenOptions { fresh: true, ..Default::default() }).await });
    let stop = || if is_renewed.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    fixture.world.advance_watched(5_000, stop);
    // When it hears of the renewal there is nothing to read: it stores what it has once more.
    tab.clear_storage(StorageKind::IndexedDb);
    fixture.world.advance(5_000);
    tab.close();
    let next = fixture.create(&fixture.world.tab());
    fixture.world.suspend(301_000);
    assert_eq!(fixture.call(&next), Ok(200));
    assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (0, 1));
}

#[test]
fn a_session_that_is_over_in_another_tab_is_over_where_storage_cannot_be_read() {
    let fixture = Fixture::with(|options| options.storage = StorageKind::Session);
    let (tab, client) = fixture.sign_in();
    let duplicate = fixture.create(&tab.duplicate());
    fixture.world.break_storage(StorageKind::Session, Some(StorageFault::Corrupt));
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    fixture.world.settle();
    assert_eq!(duplicate.session(), None);
}

#[test]
fn without_web_locks_a_store_that_gives_nothing_back_holds_nobody_up() {
    let fixture = Fixture::new();
    fixture.world.set_locks(false);
    let (_, client) = fixture.sign_in();
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Corrupt));
    fixture.world.suspend(301_000);
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn pages_do_not_tell_each_other_for_ever_that_the_store_forgets() {
    for seed in 0..20 {
        let fixture = Fixture::seeded(seed);
        fixture.world.draw_order();
        let (tab, _client) = fixture.sign_in();
        let others = [0; 7].map(|_| fixture.world.tab());
        let _clients = others.each_ref().map(|tab| fixture.create(tab));
        fixture.world.settle();
        let told = Rc::new(Cell::new(0));
        let (count, page) = (Rc::clone(&told), tab.clone());
        fixture.world.observe(move |happening| {
            if matches!(happening, Happening::Posted { message: "changed", .. }) {
                count.set(count.get() + 1);
                page.clear_storage(StorageKind::IndexedDb);
            }
        });
        tab.clear_storage(StorageKind::IndexedDb);
        others[0].hide();
        others[0].show();
        fixture.world.advance(10_000);
        assert!((1..=16).contains(&told.get()), "{seed}: {}", told.get());
    }
}

#[test]
fn a_session_that_another_took_the_place_of_stays_over_when_that_one_ends() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let unaware = fixture.create(&fixture.world.tab());
    // The page that signs in again dies with its session stored, before it can mark the one before it or tell of it.
    let back = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let is_stored = Rc::new(Cell::new(false));
    let seen = Rc::clone(&is_stored);
    fixture.world.observe(move |happening| {
        if let Happening::Stored { value: Some(value), .. } = happening {
            seen.set(seen.get() || value.contains("access_token="));
        }
    });
    let (page, options) = (back.clone(), fixture.options.clone());
    drop(back.start(async move { Client::create(page, options).await.is_ok() }));
    let stop = || if is_stored.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    fixture.world.advance_watched(5_000, stop);
    back.close();
    tab.hide();
    tab.show();
    fixture.world.advance(1_000);
    fixture.server.revoke(1);
    fixture.world.suspend(301_000);
    assert_eq!(fixture.call(&client), Err(ErrorCode::SessionLost));
    fixture.world.advance(1_000);
    let next = fixture.create(&fixture.world.tab());
    assert_eq!([&client, &unaware, &next].map(|client| client.session().is_some()), [false; 3]);
}
