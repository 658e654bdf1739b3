use crate::client::platform::{Channel, Clock, Lock, Navigator, Random, Storage, StorageKind, Wake};
use crate::error::ErrorCode;
use crate::testing::{StorageFault, Tab, World};
use std::cell::RefCell;
use std::rc::Rc;

type Log = Rc<RefCell<Vec<String>>>;

const KINDS: [StorageKind; 4] = [StorageKind::IndexedDb, StorageKind::Memory, StorageKind::Session, StorageKind::Local];

fn entries(log: &Log) -> Vec<String> {
    log.borrow().clone()
}

/// Takes a lock, says so, keeps it for a second.
fn hold(tab: &Tab, log: &Log, name: &'static str) {
    let (holder, log) = (tab.clone(), Rc::clone(log));
    tab.spawn(async move {
        let guard = holder.lock("lock").await.expect("locks");
        log.borrow_mut().push(format!("{name} {}", holder.monotonic_ms()));
        holder.sleep(1_000).await;
        drop(guard);
    });
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let bytes = |seed| World::new(seed).tab().random::<32>().expect("random");
    assert_eq!(bytes(7), bytes(7));
    assert_ne!(bytes(7), bytes(8));
    let tab = World::new(7).tab();
    assert_ne!(tab.random::<32>(), tab.random::<32>());
}

#[test]
fn time_passes_only_while_everybody_waits() {
    let world = World::new(1);
    let (tab, log) = (world.tab(), Log::default());
    for ms in [3_000, 1_000, 2_000, 1_000] {
        let (sleeper, log) = (tab.clone(), Rc::clone(&log));
        tab.spawn(async move {
            sleeper.sleep(ms).await;
            log.borrow_mut().push(format!("{ms} {}", sleeper.monotonic_ms()));
        });
    }
    world.settle();
    assert_eq!(entries(&log), [""; 0]);
    world.run(tab.sleep(2_500));
    assert_eq!(entries(&log), ["1000 1000", "1000 1000", "2000 2000"]);
    world.advance(10_000);
    assert_eq!(tab.monotonic_ms(), 12_500.0);
    assert_eq!(entries(&log).len(), 4);
}

#[test]
fn the_users_clock_is_not_the_time() {
    let world = World::new(1);
    let tab = world.tab();
    let begin = tab.wall_ms();
    world.shift_clock(-86_400_000);
    world.advance(1_000);
    assert_eq!((tab.wall_ms() - begin, tab.monotonic_ms()), (-86_399_000.0, 1_000.0));
    assert_eq!(world.run(tab.witness_ms()), Some(begin + 1_000.0));
    world.suspend(5_000);
    assert_eq!((tab.wall_ms() - begin, tab.monotonic_ms()), (-86_394_000.0, 1_000.0));
    world.go_offline();
    assert_eq!(world.run(tab.witness_ms()), None);
    world.go_online();
    world.set_witness(false);
    assert_eq!(world.run(tab.witness_ms()), None);
}

#[test]
#[should_panic(expected = "it waits forever")]
fn waiting_for_nothing_is_a_failure() {
    World::new(1).run(std::future::pending::<()>());
}

#[test]
#[should_panic(expected = "something goes in circles")]
fn an_endless_loop_is_a_failure() {
    let world = World::new(1);
    world.set_step_limit(1_000);
    let tab = world.tab();
    world.run(async {
        loop {
            tab.sleep(1).await;
        }
    });
}

#[test]
fn a_dropped_sleep_does_not_move_time() {
    let world = World::new(1);
    let tab = world.tab();
    world.run(async {
        let mut long = Box::pin(tab.sleep(60_000));
        std::future::poll_fn(|context| {
            let _ = long.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        drop(long);
        tab.sleep(10).await;
    });
    world.settle();
    assert_eq!(tab.monotonic_ms(), 10.0);
}

#[test]
fn storage_is_shared_as_in_browsers() {
    let world = World::new(1);
    let (tab, other) = (world.tab(), world.tab());
    world.run(async {
        for kind in KINDS {
            tab.write(kind, "a.key", &"value".into()).await.expect("written");
        }
    });
    let seen = |tab: &Tab| KINDS.map(|kind| world.run(tab.read(kind, "a.key")).expect("read").is_some());
    assert_eq!(seen(&tab), [true, true, true, true]);
    assert_eq!(seen(&other), [true, false, false, true]);
    let reloaded = tab.reload();
    assert_eq!(seen(&reloaded), [true, false, true, true]);
    assert_eq!(seen(&reloaded.duplicate()), [true, false, true, true]);
    let keys = |prefix| world.run(other.keys(StorageKind::Local, prefix)).expect("keys");
    assert_eq!((keys("a."), keys("b.")), (vec!["a.key".to_owned()], vec![]));
    world.run(other.remove(StorageKind::Local, "a.key")).expect("removed");
    assert_eq!(reloaded.stored(StorageKind::Local).len(), 0);
}

#[test]
fn storage_fails_on_command() {
    let world = World::new(1);
    let tab = world.tab();
    let kind = StorageKind::IndexedDb;
    tab.plant(kind, "key", "value");
    let read = |key| world.run(tab.read(kind, key)).map_err(|error| error.code());
    let write = || world.run(tab.write(kind, "key", &"new".into())).map_err(|error| error.code());
    world.break_storage(kind, Some(StorageFault::Refused));
    assert_eq!((read("key"), write()), (Err(ErrorCode::StorageUnavailable), Err(ErrorCode::StorageUnavailable)));
    world.break_storage(kind, Some(StorageFault::Full));
    assert_eq!((read("key"), write()), (Ok(Some("value".into())), Err(ErrorCode::StorageUnavailable)));
    world.break_storage(kind, Some(StorageFault::Corrupt));
    assert_eq!((write(), read("key"), read("none")), (Ok(()), Err(ErrorCode::StorageCorrupt), Ok(None)));
    world.break_storage(kind, None);
    assert_eq!(read("key"), Ok(Some("new".into())));
}

#[test]
fn locks_are_given_first_come_first_served_across_tabs() {
    let world = World::new(1);
    let (a, b, log) = (world.tab(), world.tab(), Log::default());
    hold(&a, &log, "first");
    hold(&b, &log, "second");
    hold(&a, &log, "third");
    world.advance(10_000);
    assert_eq!(entries(&log), ["first 0", "second 1000", "third 2000"]);
    let other = world.run(a.lock("another"));
    assert!(world.run(b.lock("lock")).is_some() && other.is_some());
}

#[test]
fn a_dead_tab_holds_no_lock_and_waits_for_none() {
    let world = World::new(1);
    let (a, b, c, log) = (world.tab(), world.tab(), world.tab(), Log::default());
    let kept = world.run(a.lock("lock"));
    hold(&b, &log, "dead");
    hold(&c, &log, "alive");
    world.advance(500);
    b.close();
    world.advance(500);
    assert_eq!(entries(&log), [""; 0]);
    let reloaded = a.reload();
    world.settle();
    assert_eq!(entries(&log), ["alive 1000"]);
    drop(kept);
    assert!(world.run(reloaded.lock("lock")).is_some());
    assert_eq!(reloaded.monotonic_ms(), 2_000.0);
}

#[test]
fn a_place_in_the_queue_that_is_given_up_blocks_nobody() {
    let world = World::new(1);
    let (a, b, log) = (world.tab(), world.tab(), Log::default());
    let guard = world.run(a.lock("lock"));
    let mut waiting = Box::pin(b.lock("lock"));
    world.run(std::future::poll_fn(|context| {
        let _ = waiting.as_mut().poll(context);
        std::task::Poll::Ready(())
    }));
    hold(&b, &log, "last");
    world.settle();
    drop(guard);
    drop(waiting);
    world.settle();
    assert_eq!(entries(&log), ["last 0"]);
}

#[test]
fn browsers_may_lack_locks_and_channels() {
    let world = World::new(1);
    world.set_locks(false);
    world.set_channels(false);
    let tab = world.tab();
    assert!(world.run(tab.lock("lock")).is_none());
    assert!(tab.listen("channel", Box::new(|_| {})).is_none());
    tab.post("channel", "message");
    assert_eq!(world.posted(), [""; 0]);
}

#[test]
fn messages_come_to_the_other_tabs_later_and_in_order() {
    let world = World::new(1);
    let tabs = [world.tab(), world.tab(), world.tab()];
    let logs: Vec<Log> = tabs.iter().map(|_| Log::default()).collect();
    let mut listeners: Vec<_> = (tabs.iter().zip(&logs))
        .map(|(tab, log)| {
            let log = Rc::clone(log);
            tab.listen("channel", Box::new(move |message| log.borrow_mut().push(message)))
        })
        .collect();
    tabs[0].post("channel", "one");
    tabs[0].post("other", "two");
    tabs[0].post("channel", "three");
    assert_eq!(entries(&logs[1]), [""; 0]);
    world.settle();
    assert_eq!(logs.iter().map(entries).collect::<Vec<_>>(), [vec![], vec!["one", "three"], vec!["one", "three"]]);
    tabs[2].post("channel", "four");
    listeners.remove(1);
    world.settle();
    assert_eq!(logs.iter().map(|log| entries(log).len()).collect::<Vec<_>>(), [1, 2, 2]);
    assert_eq!(world.posted(), ["one", "two", "three", "four"]);
}

#[test]
fn a_page_that_is_gone_does_nothing_more() {
    let world = World::new(1);
    let (tab, log) = (world.tab(), Log::default());
    let (writer, done) = (tab.clone(), Rc::clone(&log));
    let started = tab.start(async move {
        writer.write(StorageKind::Local, "one", &"1".into()).await.expect("written");
        writer.sleep(1_000).await;
        writer.write(StorageKind::Local, "two", &"2".into()).await.expect("written");
        done.borrow_mut().push("done".to_owned());
    });
    world.advance(500);
    let reloaded = tab.reload();
    assert_eq!(world.run(started), None);
    world.advance(10_000);
    assert_eq!((entries(&log).len(), reloaded.stored(StorageKind::Local).len()), (0, 1));
    assert!(!tab.is_open() && reloaded.is_open());
    let late = tab.start(async { 7 });
    assert_eq!(world.run(late), None);
    assert_eq!(world.run(reloaded.start(async { 7 })), Some(7));
}

#[test]
fn the_address_changes_as_the_page_and_the_user_say() {
    let world = World::new(1);
    let tab = world.tab_at("https://app.example.com/start?x=1");
    tab.replace_url("/clean");
    assert_eq!(tab.current_url().as_deref(), Some("https://app.example.com/clean"));
    tab.navigate("https://as.example.com/authorize").expect("a page");
    assert_eq!(tab.departure().as_deref(), Some("https://as.example.com/authorize"));
    assert_eq!(tab.url(), "https://app.example.com/clean");
    let tab = tab.visit("https://app.example.com/callback?code=1");
    assert_eq!((tab.departure(), tab.departure_count()), (None, 0));
    assert_eq!(tab.reload().url(), "https://app.example.com/callback?code=1");
    assert_eq!(tab.back().url(), "https://app.example.com/clean");
}

#[test]
#[should_panic(expected = "another origin")]
fn the_address_cannot_become_another_origin() {
    World::new(1).tab().replace_url("https://evil.test/");
}

#[test]
fn pages_hear_when_they_are_seen_and_when_the_network_is_back() {
    let world = World::new(1);
    let (tab, other, log) = (world.tab(), world.tab(), Log::default());
    let watch = |tab: &Tab, name: &'static str| {
        let log = Rc::clone(&log);
        tab.watch(Box::new(move |wake| {
            let wake = match wake {
                Wake::Visible => "visible",
                Wake::Online => "online",
                Wake::Hidden => "hidden",
            };
            log.borrow_mut().push([name, wake].join(" "));
        }))
    };
    let watches = (watch(&tab, "tab"), watch(&other, "other"));
    tab.hide();
    assert!(!tab.is_visible() && other.is_visible());
    tab.show();
    world.go_online();
    world.settle();
    assert_eq!(entries(&log), ["tab hidden", "tab visible", "tab online", "other online"]);
    drop(watches.0);
    tab.hide();
    world.settle();
    assert_eq!(entries(&log).len(), 4);
}

#[test]
fn a_page_hears_when_its_user_touches_it() {
    let world = World::new(1);
    let (tab, other, log) = (world.tab(), world.tab(), Log::default());
    let touched = Rc::clone(&log);
    let watch = tab.watch_user(Box::new(move || touched.borrow_mut().push("touched".to_owned())));
    tab.touch();
    other.touch();
    world.settle();
    assert_eq!(entries(&log), ["touched"]);
    drop(watch);
    tab.touch();
    world.settle();
    assert_eq!(entries(&log).len(), 1);
}
