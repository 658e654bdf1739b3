//! What goes wrong when a test says so, and who hears of it.

use crate::client::platform::{Channel, Clock, Http, Lock, Navigator, Storage, StorageKind, Wake};
use crate::error::{ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::testing::{Delivery, Fault, Happening, Tab, World};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

type Log = Rc<RefCell<Vec<String>>>;

fn entries(log: &Log) -> Vec<String> {
    log.take()
}

fn note(log: &Log, text: &str) {
    log.borrow_mut().push(text.to_owned());
}

/// Listens, and notes what it hears.
fn listen(tab: &Tab, log: &Log) -> impl Sized + use<> {
    let log = Rc::clone(log);
    tab.listen("channel", Box::new(move |message| note(&log, &message)))
}

fn ask(world: &World, tab: &Tab) -> Result<HttpResponse> {
    world.run(tab.send(HttpRequest::get("https://as.example.com/".to_owned()), 5_000))
}

#[test]
fn a_frozen_page_goes_on_where_it_stood() {
    let world = World::new(1);
    let (tab, other, log) = (world.tab(), world.tab(), Log::default());
    let _listener = listen(&tab, &log);
    let (sleeper, slept) = (tab.clone(), Rc::clone(&log));
    tab.spawn(async move {
        sleeper.sleep(1_000).await;
        note(&slept, "slept");
    });
    world.settle();
    tab.freeze();
    other.post("channel", "hello");
    world.advance(5_000);
    assert_eq!(entries(&log), [""; 0]);
    tab.thaw();
    world.settle();
    assert_eq!(entries(&log), ["hello", "slept"]);
}

#[test]
fn a_page_in_the_cache_misses_messages_and_is_told_when_it_comes_back() {
    let world = World::new(1);
    let (tab, other, log) = (world.tab(), world.tab(), Log::default());
    let _listener = listen(&tab, &log);
    let wakes = Rc::clone(&log);
    let _watch = tab.watch(Box::new(move |wake| note(&wakes, &format!("{wake:?}"))));
    assert!(tab.cache());
    other.post("channel", "hello");
    world.advance(1_000);
    tab.thaw();
    world.settle();
    assert_eq!(entries(&log), [format!("{:?}", Wake::Visible)]);
}

#[test]
fn a_page_with_a_lock_is_not_cached() {
    let world = World::new(1);
    let tab = world.tab();
    let guard = world.run(tab.lock("lock"));
    assert!(!tab.cache());
    drop(guard);
    assert!(tab.cache());
}

#[test]
fn a_stolen_lock_goes_to_the_next_and_its_holder_goes_on() {
    let world = World::new(1);
    let (tab, other) = (world.tab(), world.tab());
    let held = world.run(tab.lock("lock"));
    let next = other.start({
        let other = other.clone();
        async move { other.lock("lock").await.is_some() }
    });
    world.settle();
    world.steal_locks();
    assert_eq!(world.run(next), Some(true));
    assert!(held.is_some());
}

#[test]
fn a_lock_that_is_stolen_before_its_holder_looks_was_held() {
    let world = World::new(1);
    let (tab, other) = (world.tab(), world.tab());
    let held = world.run(tab.lock("lock"));
    let next = other.start({
        let other = other.clone();
        async move { other.lock("lock").await.is_some() }
    });
    world.settle();
    drop(held);
    world.steal_locks();
    assert_eq!(world.run(next), Some(true));
}

#[test]
fn messages_get_lost_come_twice_and_come_late() {
    let world = World::new(1);
    let (tab, other, log) = (world.tab(), world.tab(), Log::default());
    let _listener = listen(&tab, &log);
    let mut plan = [Delivery::Lost, Delivery::Twice, Delivery::Late(500), Delivery::Prompt].into_iter();
    world.plan_deliveries(move || plan.next().unwrap_or(Delivery::Prompt));
    for message in ["lost", "twice", "late", "prompt"] {
        other.post("channel", message);
    }
    world.settle();
    assert_eq!(entries(&log), ["twice", "twice", "prompt"]);
    world.advance(500);
    assert_eq!(entries(&log), ["late"]);
}

#[test]
fn half_an_answer_comes_as_if_it_were_all() {
    let world = World::new(1);
    world.serve("https://as.example.com", |_| HttpResponse::new(200, "12345678"));
    world.fail_next("as.example.com", Fault::AnswerCut);
    let tab = world.tab();
    assert_eq!(ask(&world, &tab).map(|answer| answer.body.expose().to_owned()).as_deref(), Ok("1234"));
}

#[test]
fn a_server_that_is_overworked_says_when_to_come_back() {
    let world = World::new(1);
    world.serve("https://as.example.com", |_| HttpResponse::new(200, ""));
    world.fail_next("as.example.com", Fault::status(429, Some(7)));
    let answer = ask(&world, &world.tab()).expect("an answer");
    assert_eq!((answer.status, answer.retry_after()), (429, Some(7)));
}

#[test]
fn everything_that_can_be_seen_is_told() {
    let world = World::new(1);
    let log = Log::default();
    let seen = Rc::clone(&log);
    world.serve("https://as.example.com", |_| HttpResponse::new(204, ""));
    world.observe(move |happening| {
        note(
            &seen,
            match happening {
                Happening::Sent { .. } => "sent",
                Happening::Answered { .. } => "answered",
                Happening::Received { .. } => "received",
                Happening::Abandoned { .. } => "abandoned",
                Happening::Posted { .. } => "posted",
                Happening::Stored { value: Some(_), .. } => "stored",
                Happening::Stored { value: None, .. } => "removed",
                Happening::Locked { .. } => "locked",
                Happening::Unlocked { .. } => "unlocked",
                Happening::Departed { .. } => "departed",
            },
        );
    });
    let tab = world.tab();
    assert!(ask(&world, &tab).is_ok());
    world.fail_next("as.example.com", Fault::RequestLost);
    assert_eq!(ask(&world, &tab).map_err(|error| error.code()).err(), Some(ErrorCode::Timeout));
    drop(world.run(tab.lock("lock")));
    assert!(world.run(tab.write(StorageKind::Local, "key", &"value".into())).is_ok());
    assert!(world.run(tab.remove(StorageKind::Local, "key")).is_ok());
    tab.post("channel", "hello");
    assert!(tab.navigate("https://as.example.com/authorize").is_ok());
    let happened = ["sent", "answered", "received", "sent", "abandoned", "locked", "unlocked", "stored", "removed"];
    assert_eq!(entries(&log), [&happened[..], &["posted", "departed"]].concat());
}

#[test]
fn who_goes_first_follows_from_the_seed_and_within_a_page_from_the_order() {
    let order = |seed| {
        let (world, log) = (World::new(seed), Log::default());
        world.draw_order();
        for name in ["a", "b", "c", "d"] {
            let tab = world.tab();
            for turn in 1..=2 {
                let log = Rc::clone(&log);
                tab.spawn(async move { note(&log, &format!("{name}{turn}")) });
            }
        }
        world.settle();
        entries(&log)
    };
    assert_eq!(order(1), order(1));
    assert!((2..9).any(|seed| order(seed) != order(1)));
    for name in ["a", "b", "c", "d"] {
        let turns: Vec<String> = order(1).into_iter().filter(|turn| turn.starts_with(name)).collect();
        assert_eq!(turns, [format!("{name}1"), format!("{name}2")]);
    }
}

#[test]
fn whoever_watches_can_end_a_page_between_two_steps() {
    let world = World::new(1);
    let (tab, log) = (world.tab(), Log::default());
    let (page, steps) = (tab.clone(), Rc::clone(&log));
    tab.spawn(async move {
        for _ in 0..10 {
            page.sleep(100).await;
            note(&steps, "step");
        }
    });
    world.advance_watched(10_000, || {
        if log.borrow().len() == 3 {
            tab.close();
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    world.advance(10_000);
    assert_eq!(entries(&log), ["step"; 3]);
    assert_eq!(world.awake_ms(), 10_300);
}
