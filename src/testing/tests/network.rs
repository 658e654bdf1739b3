use crate::client::platform::{Clock, Failure, Http};
use crate::error::{ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse, LARGEST_BODY};
use crate::testing::{Call, Fault, Tab, World};
use std::cell::Cell;
use std::rc::Rc;

/// A world with a server that answers `ok`, a tab, and the number of requests that the server has seen.
fn world() -> (World, Tab, Rc<Cell<usize>>) {
    let world = World::new(1);
    let seen = Rc::new(Cell::new(0));
    let count = Rc::clone(&seen);
    world.serve("https://x.example.com", move |_| {
        count.set(count.get() + 1);
        HttpResponse::new(200, "ok")
    });
    let tab = world.tab();
    (world, tab, seen)
}

fn get(world: &World, tab: &Tab) -> Result<u16, ErrorCode> {
    let request = HttpRequest::get("https://x.example.com/path");
    world.run(tab.send(request, 1_000)).map(|response| response.status).map_err(|error| error.code())
}

#[test]
fn faults_happen_to_the_next_request_and_to_no_other() {
    for (fault, outcome, seen_by_server, at) in [
        (Fault::Unreachable, Err(ErrorCode::Network), 0, 0.0),
        (Fault::RequestLost, Err(ErrorCode::Timeout), 0, 1_000.0),
        (Fault::AnswerLost, Err(ErrorCode::Timeout), 1, 1_000.0),
        (Fault::AnswerBroken, Err(ErrorCode::Network), 1, 40.0),
        (Fault::RequestLate(100), Ok(200), 1, 140.0),
        (Fault::AnswerLate(5_000), Err(ErrorCode::Timeout), 1, 1_000.0),
        (Fault::Answered(HttpResponse::new(503, "")), Ok(503), 0, 40.0),
        (Fault::Answered(HttpResponse::new(302, "")), Err(ErrorCode::InvalidResponse), 0, 40.0),
    ] {
        let (world, tab, seen) = world();
        world.fail_next("/path", fault.clone());
        assert_eq!((get(&world, &tab), seen.get(), tab.monotonic_ms()), (outcome, seen_by_server, at), "{fault:?}");
        assert_eq!(get(&world, &tab), Ok(200), "{fault:?}");
    }
}

#[test]
fn a_server_acts_also_for_a_page_that_is_gone() {
    let (world, tab, seen) = world();
    let sender = tab.clone();
    tab.spawn(async move {
        let _ = sender.send(HttpRequest::get("https://x.example.com/"), 1_000).await;
    });
    world.advance(10);
    tab.close();
    world.advance(100);
    assert_eq!(seen.get(), 1);
}

#[test]
fn offline_nothing_is_sent() {
    let (world, tab, seen) = world();
    world.go_offline();
    assert_eq!((get(&world, &tab), seen.get()), (Err(ErrorCode::Network), 0));
    world.go_online();
    assert_eq!(get(&world, &tab), Ok(200));
}

#[test]
fn an_unknown_host_is_a_network_error() {
    let (world, tab, _) = world();
    let outcome = world.run(tab.send(HttpRequest::get("https://y.example.com/"), 1_000));
    assert_eq!(outcome.map_err(|error| error.code()), Err(ErrorCode::Network));
}

#[test]
fn a_body_is_read_to_just_past_the_largest() {
    let (world, tab, _) = world();
    world.serve("https://big.example.com", |_| HttpResponse::new(200, "\u{e9}".repeat(LARGEST_BODY)));
    let response = world.run(tab.send(HttpRequest::get("https://big.example.com/"), 1_000)).expect("an answer");
    assert_eq!(response.body.expose().len(), LARGEST_BODY);
    world.serve("https://big.example.com", |_| HttpResponse::new(200, "x".repeat(2 * LARGEST_BODY)));
    let response = world.run(tab.send(HttpRequest::get("https://big.example.com/"), 1_000)).expect("an answer");
    assert_eq!(response.body.expose().len(), LARGEST_BODY + 1);
}

#[test]
fn a_stream_is_sent_once() {
    let (world, tab, _) = world();
    let header = ("Authorization", &"Bearer x".into());
    for (call, again) in
        [(Call::post("https://x.example.com/", "b"), true), (Call::stream("https://x.example.com/", "b"), false)]
    {
        assert!(tab.may_send_again(&call));
        assert!(world.run(tab.send_call(&call, header, None)).is_ok());
        assert_eq!((tab.may_send_again(&call), world.run(tab.send_call(&call, header, None)).is_ok()), (again, again));
    }
}

#[test]
fn a_call_that_is_given_up_ends_with_the_callers_reason() {
    let (world, tab, seen) = world();
    let call = Call::get("https://x.example.com/");
    let (abort, clock) = (call.abort_handle(), tab.clone());
    tab.spawn(async move {
        clock.sleep(30).await;
        abort.abort("enough");
        abort.abort("again");
    });
    let header = ("Authorization", &"Bearer x".into());
    assert_eq!(world.run(tab.send_call(&call, header, None)), Err(Failure::GivenUp("enough".to_owned())));
    assert_eq!(world.run(tab.given_up(&call)), "enough");
    assert_eq!(seen.get(), 1);
    assert_eq!(world.run(tab.send_call(&call, header, None)), Err(Failure::GivenUp("enough".to_owned())));
    assert_eq!(seen.get(), 1);
}

#[test]
fn a_call_is_resolved_against_the_page() {
    let (_world, tab, _) = world();
    assert_eq!(tab.call_url(&Call::get("/a/../b")), "https://app.example.com/b");
    assert_eq!(tab.call_url(&Call::get("//evil.test")), "https://evil.test/");
}
