//! One tab after the other: by a lock, or by a lease where there is none.

use super::*;
use crate::client::record::Fields;

#[test]
fn without_web_locks_a_lease_does_the_same() {
    let fixture = Fixture::new();
    fixture.world.set_locks(false);
    fixture.sign_in();
    let clients: Vec<_> = (0..5).map(|_| fixture.create(&fixture.world.tab())).collect();
    let before = token_requests(&fixture);
    fixture.world.suspend(LATER_MS);
    let calls =
        clients.iter().flat_map(|client| (0..20).map(|_| client.fetch(Call::get("https://api.example.com/me"))));
    let answers = fixture.world.run(join_all(calls));
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)));
    assert_eq!((token_requests(&fixture) - before, fixture.server.reuse_count()), (1, 0));
}

#[test]
fn a_lease_of_a_dead_tab_ends() {
    let (fixture, (tab, client), (other_tab, other)) = two_tabs(Rotation::Off);
    fixture.world.set_locks(false);
    start_call(&tab, &client);
    fixture.world.advance(70);
    tab.close();
    assert_eq!(fixture.call(&other), Ok(200));
    fixture.world.settle();
    let left = fixture.world.run(other_tab.keys(StorageKind::IndexedDb, "")).unwrap();
    assert!(!left.iter().any(|key| key.contains("lease") || key.contains("attempt")), "{left:?}");
}

#[test]
fn a_tab_that_says_that_it_renews_and_is_frozen_is_waited_for() {
    let (fixture, (tab, client), (other_tab, other)) = two_tabs(Rotation::ReuseDetection);
    let most = most_at_once(&fixture);
    fixture.world.fail_next("/token", Fault::RequestLate(9_000));
    start_call(&tab, &client);
    fixture.world.advance(100);
    fixture.world.steal_locks();
    start_call(&other_tab, &other);
    fixture.world.advance(300);
    tab.freeze();
    fixture.world.advance(5_000);
    assert_eq!((token_requests(&fixture), most.get()), (1, 1));
    tab.thaw();
    fixture.world.advance(5_000);
    assert_eq!((fixture.call(&other), most.get(), fixture.server.reuse_count()), (Ok(200), 1, 0));
}

#[test]
fn a_tab_whose_turn_is_long_in_coming_does_not_take_that_of_another() {
    // Those who have locks and can ask, and those who have neither.
    for has_both in [true, false] {
        let fixture = Fixture::with(|options| options.storage = StorageKind::Session);
        fixture.world.set_locks(has_both);
        fixture.world.set_channels(has_both);
        let (tab, client) = fixture.sign_in();
        let mut tabs = vec![(tab.clone(), client)];
        for _ in 0..8 {
            let copy = tab.duplicate();
            let client = fixture.create(&copy);
            tabs.push((copy, client));
        }
        fixture.world.suspend(LATER_MS);
        let most = most_at_once(&fixture);
        fixture.world.plan_faults(|request| (request.url.path == "/token").then_some(Fault::RequestLost));
        for (tab, client) in &tabs {
            start_call(tab, client);
        }
        fixture.world.advance(200_000);
        assert_eq!(most.get(), 1, "{has_both}");
    }
}

#[test]
fn a_store_that_is_cleared_hides_no_renewal() {
    let (fixture, (tab, client), (other_tab, other)) = two_tabs(Rotation::ReuseDetection);
    let most = most_at_once(&fixture);
    fixture.world.fail_next("/token", Fault::RequestLate(4_000));
    start_call(&tab, &client);
    fixture.world.advance(100);
    tab.clear_storage(StorageKind::IndexedDb);
    fixture.world.steal_locks();
    start_call(&other_tab, &other);
    fixture.world.advance(5_000);
    assert_eq!((fixture.call(&client), fixture.call(&other)), (Ok(200), Ok(200)));
    assert_eq!((most.get(), fixture.server.reuse_count()), (1, 0));
}

/// Lives on until a page has got a lock.
fn advance_until_locked(fixture: &Fixture) {
    let is_locked = Rc::new(Cell::new(false));
    let seen = Rc::clone(&is_locked);
    fixture.world.observe(move |happening| {
        seen.set(seen.get() || matches!(happening, Happening::Locked { .. }));
    });
    let stop = || if is_locked.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    fixture.world.advance_watched(1_000, stop);
}

#[test]
fn a_page_that_comes_back_to_its_lock_waits_for_the_lease_of_another() {
    let (fixture, (tab, client), (other_tab, other)) = two_tabs(Rotation::ReuseDetection);
    start_call(&tab, &client);
    advance_until_locked(&fixture);
    tab.freeze();
    let most = most_at_once(&fixture);
    start_call(&other_tab, &other);
    let third_tab = fixture.world.tab();
    let third = fixture.create(&third_tab);
    fixture.world.advance(30_000);
    start_call(&third_tab, &third);
    fixture.world.fail_next("/token", Fault::RequestLate(9_000));
    fixture.world.advance(34_000);
    assert_eq!(fixture.world.transmitted("/token"), 2, "the other has gone on");
    tab.thaw();
    fixture.world.advance(20_000);
    assert_eq!((fixture.call(&client), fixture.call(&third)), (Ok(200), Ok(200)));
    assert_eq!((most.get(), fixture.server.reuse_count()), (1, 0));
}

#[test]
fn a_page_that_finds_a_lease_beside_its_lock_takes_one_too() {
    let (fixture, (tab, client), (other_tab, other)) = two_tabs(Rotation::ReuseDetection);
    start_call(&tab, &client);
    advance_until_locked(&fixture);
    tab.freeze();
    start_call(&other_tab, &other);
    fixture.world.fail_next("/token", Fault::RequestLate(9_000));
    fixture.world.advance(63_000);
    tab.thaw();
    let mut leases = HashSet::new();
    for _ in 0..1_000 {
        fixture.world.advance(20);
        for key in fixture.world.run(other_tab.keys(StorageKind::IndexedDb, "")).unwrap() {
            if key.contains("lease") {
                leases.insert(
                    fixture
                        .world
                        .run(other_tab.read(StorageKind::IndexedDb, &key))
                        .unwrap()
                        .unwrap()
                        .expose()
                        .to_owned(),
                );
            }
        }
    }
    assert_eq!((leases.len(), fixture.world.transmitted("/token")), (2, 2));
}

/// The refresh token of the latest attempt, and how often it was made, as the tabs have noted it.
fn noted_attempt(fixture: &Fixture, tab: &Tab) -> (String, i64) {
    let keys = fixture.world.run(tab.keys(StorageKind::IndexedDb, "")).unwrap();
    let key = keys.into_iter().find(|key| key.contains("attempt")).expect("an attempt");
    let note = fixture.world.run(tab.read(StorageKind::IndexedDb, &key)).unwrap().expect("an attempt");
    let fields = Fields::parse(&note);
    (fields.text("token").unwrap(), fields.number("tries").unwrap())
}

#[test]
fn a_page_that_was_frozen_before_its_attempt_writes_over_no_other() {
    for step in 0..20 {
        let (fixture, (tab, client), (other_tab, other)) = two_tabs(Rotation::ReuseDetection);
        start_call(&tab, &client);
        advance_until_locked(&fixture);
        let left = Cell::new(step);
        fixture.world.advance_watched(1_000, || {
            left.set(left.get() - 1);
            if left.get() < 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        tab.freeze();
        start_call(&other_tab, &other);
        fixture.world.advance(LATER_MS + 70_000);
        fixture.world.plan_faults(|request| (request.url.path == "/token").then_some(Fault::RequestLost));
        start_call(&other_tab, &other);
        fixture.world.advance(70_000);
        let (token, tries) = noted_attempt(&fixture, &other_tab);
        tab.thaw();
        fixture.world.advance(1);
        let (same_token, more) = noted_attempt(&fixture, &other_tab);
        assert!(token == same_token && more >= tries, "{step}: {tries}, {more}");
    }
}

#[test]
fn a_page_that_was_frozen_with_its_lock_waits_for_one_that_is_frozen_with_a_lease() {
    for step in 0.. {
        let (fixture, (tab, client), (other_tab, other)) = two_tabs(Rotation::ReuseDetection);
        start_call(&tab, &client);
        advance_until_locked(&fixture);
        let mut steps = 0;
        fixture.world.advance_watched(1_000, || {
            steps += 1;
            if steps > step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if fixture.world.transmitted("/token") > 1 {
            assert!(step > 5, "{step}");
            return;
        }
        tab.freeze();
        start_call(&other_tab, &other);
        let is_sent = || fixture.world.transmitted("/token") > 1;
        fixture
            .world
            .advance_watched(70_000, || if is_sent() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        assert!(is_sent(), "{step}");
        other_tab.freeze();
        fixture.world.advance(1_000);
        tab.thaw();
        fixture.world.advance(5_000);
        assert_eq!(fixture.world.transmitted("/token"), 2, "{step}");
        other_tab.thaw();
        fixture.world.advance(5_000);
        assert_eq!((fixture.call(&client), fixture.call(&other)), (Ok(200), Ok(200)), "{step}");
    }
}
