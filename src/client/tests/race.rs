//! What happens in several tabs, or for several users, at the same time.

use super::super::platform::Clock;
use super::super::{AccessTokenOptions, SignOutOptions, TokenKind};
use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault, StorageFault};
use std::ops::ControlFlow;

const LOCAL: SignOutOptions = SignOutOptions { local: true, return_to: None, without_hint: false };

fn user(fixture: &Fixture, client: &Client<Tab>) -> Option<String> {
    fixture.world.settle();
    client.session().and_then(|s| s.subject.clone())
}

fn sign_out_in_renewal(kind: StorageKind) {
    for ms in [5, 25, 39] {
        let fixture = Fixture::with(|o| o.storage = kind);
        let (tab, client) = fixture.sign_in();
        fixture.world.suspend(301_000);
        let (_r, ()) = fixture.world.run(futures_util::future::join(
            client.fetch(Call::get("https://api.example.com/me")),
            async {
                tab.sleep(ms).await;
                client.sign_out(LOCAL).await.unwrap();
            },
        ));
        fixture.world.advance(1_000);
        assert_eq!(user(&fixture, &client), None, "{kind:?} {ms}");
    }
}

#[test]
fn signing_out_during_a_renewal_holds_in_memory() {
    sign_out_in_renewal(StorageKind::Memory);
}

#[test]
fn signing_out_during_a_renewal_holds_in_this_tabs_storage() {
    sign_out_in_renewal(StorageKind::Session);
}

#[test]
fn signing_out_during_a_renewal_holds_where_storage_is_refused() {
    let fixture = Fixture::new();
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Refused));
    let (tab, client) = fixture.sign_in();
    fixture.world.suspend(301_000);
    let (_r, ()) =
        fixture.world.run(futures_util::future::join(client.fetch(Call::get("https://api.example.com/me")), async {
            tab.sleep(25).await;
            client.sign_out(LOCAL).await.unwrap();
        }));
    fixture.world.advance(1_000);
    assert_eq!(user(&fixture, &client), None);
}

#[test]
fn a_call_is_not_sent_as_another_user_who_signed_in_unheard() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.set_channels(false); // the message is late or the page was frozen
    fixture.server.set_user("bob");
    tab.hide();
    fixture.world.suspend(301_000);
    fixture.sign_in();
    assert_eq!(user(&fixture, &client).as_deref(), Some("alice"));
    let answer = fixture.world.run(client.fetch(Call::post("https://api.example.com/diary", "alice's secret")));
    if let Ok(answer) = answer {
        assert!(!answer.body.expose().contains("bob"), "{}", answer.body.expose());
    }
}

#[test]
fn an_answer_that_was_fetched_for_one_user_is_not_given_to_the_next() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.fail_next("/me", Fault::AnswerLate(5_000));
    let calling = client.clone();
    let call = tab.start(async move { calling.fetch(Call::get("https://api.example.com/me")).await.map(|_| ()) });
    fixture.world.advance(1_000);
    fixture.server.set_user("bob");
    fixture.sign_in();
    assert_eq!(fixture.world.run(call).map(|call| call.map_err(code)), Some(Err(ErrorCode::LoginRequired)));
    assert_eq!(user(&fixture, &client).as_deref(), Some("bob"));
}

#[test]
fn a_call_is_not_repeated_as_another_user() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.server.set_user("bob");
    fixture.world.fail_next("/diary", Fault::AnswerLate(5_000));
    fixture.api.answer_next(HttpResponse::new(401, ""));
    let call = {
        let client = client.clone();
        tab.start(async move { client.fetch(Call::post("https://api.example.com/diary", "alice's secret")).await })
    };
    fixture.world.advance(100);
    fixture.sign_in();
    let answer = fixture.world.run(call).unwrap();
    if let Ok(answer) = answer {
        assert!(!answer.body.expose().contains("bob"), "{}", answer.body.expose());
    }
}

#[test]
fn a_late_renewal_does_not_replace_another_users_session() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.server.set_user("bob");
    fixture.world.suspend(301_000);
    fixture.world.fail_next("/token", Fault::AnswerLate(3_000));
    let call = {
        let client = client.clone();
        tab.start(async move { client.fetch(Call::post("https://api.example.com/diary", "alice's secret")).await })
    };
    fixture.world.advance(100);
    let (_t, bob) = fixture.sign_in();
    let answer = fixture.world.run(call).unwrap();
    fixture.world.advance(5_000);
    let shown = format!("{:?}", answer.as_ref().map(|a| a.body.expose().to_owned()).ok());
    assert_eq!(
        (user(&fixture, &bob).as_deref(), user(&fixture, &client).as_deref()),
        (Some("bob"), Some("bob")),
        "{shown}"
    );
}

#[test]
fn a_refused_renewal_ends_no_other_session() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(301_000);
    let gone = HttpResponse::new(400, "{\"error\":\"invalid_grant\"}");
    fixture.server.answer_next(Endpoint::Token, gone);
    fixture.server.set_user("bob");
    fixture.world.fail_next("/token", Fault::AnswerLate(3_000));
    let _call = {
        let client = client.clone();
        tab.start(async move { client.fetch(Call::get("https://api.example.com/me")).await })
    };
    fixture.world.advance(100);
    let (_t, bob) = fixture.sign_in();
    assert_eq!(user(&fixture, &bob).as_deref(), Some("bob"));
    fixture.world.advance(5_000);
    assert_eq!(user(&fixture, &bob).as_deref(), Some("bob"));
    assert_eq!(user(&fixture, &fixture.create(&fixture.world.tab())).as_deref(), Some("bob"));
}

#[test]
fn a_sign_out_elsewhere_is_seen_after_a_failed_renewal() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let other = fixture.create(&fixture.world.tab());
    tab.hide();
    fixture.world.suspend(280_000);
    fixture.world.fail_next("/token", Fault::AnswerLost);
    let _r = {
        let client = client.clone();
        tab.start(async move { client.access_token(AccessTokenOptions { fresh: true, ..Default::default() }).await })
    };
    fixture.world.advance(100);
    fixture.world.run(other.sign_out(LOCAL)).unwrap();
    fixture.world.advance(12_000);
    assert_eq!(user(&fixture, &client), None);
}

#[test]
fn another_user_elsewhere_is_seen_after_a_failed_renewal() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(200_000);
    fixture.server.set_user("bob");
    fixture.world.fail_next("/token", Fault::AnswerLost);
    let _r = {
        let client = client.clone();
        tab.start(async move { client.access_token(AccessTokenOptions { fresh: true, ..Default::default() }).await })
    };
    fixture.world.advance(100);
    fixture.sign_in();
    fixture.world.advance(12_000);
    assert_eq!(user(&fixture, &client).as_deref(), Some("bob"));
}

#[test]
fn revoking_while_another_tab_renews_brings_no_used_token_back() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let other = fixture.create(&fixture.world.tab());
    tab.hide();
    fixture.world.fail_next("/revoke", Fault::AnswerLate(2_000));
    let r = {
        let client = client.clone();
        tab.start(async move { client.revoke(Some(TokenKind::AccessToken)).await })
    };
    fixture.world.advance(100);
    fixture.world.run(other.access_token(AccessTokenOptions { fresh: true, ..Default::default() })).unwrap();
    fixture.world.run(r).unwrap().unwrap();
    fixture.world.advance(1_000);
    let _ = fixture.call(&client);
    fixture.world.advance(1_000);
    assert_eq!((fixture.server.reuse_count(), user(&fixture, &client).as_deref()), (0, Some("alice")));
}

#[test]
fn one_family_is_renewed_by_one_tab_whoever_it_thinks_is_signed_in() {
    let fixture = Fixture::new();
    let (tab, alice) = fixture.sign_in();
    tab.hide();
    fixture.world.set_channels(false);
    fixture.server.set_user("bob");
    let (tab2, bob) = fixture.sign_in();
    tab2.hide();
    fixture.world.suspend(301_000);
    let _ = fixture.world.run(futures_util::future::join(
        alice.fetch(Call::get("https://api.example.com/me")),
        bob.fetch(Call::get("https://api.example.com/me")),
    ));
    fixture.world.advance(5_000);
    assert_eq!((fixture.server.reuse_count(), user(&fixture, &bob).as_deref()), (0, Some("bob")));
}

#[test]
fn two_sign_outs_during_one_renewal_hold() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(301_000);
    fixture.world.fail_next("/token", Fault::AnswerLate(8_000));
    let _r = {
        let client = client.clone();
        tab.start(async move { client.fetch(Call::get("https://api.example.com/me")).await })
    };
    fixture.world.advance(100);
    let other = fixture.create(&fixture.world.tab());
    fixture.world.run(other.sign_out(LOCAL)).unwrap();
    let (_t, again) = fixture.sign_in();
    fixture.world.run(again.sign_out(LOCAL)).unwrap();
    fixture.world.advance(10_000);
    assert_eq!((user(&fixture, &client), user(&fixture, &fixture.create(&fixture.world.tab()))), (None, None));
}

#[test]
fn a_late_renewal_does_not_undo_a_stronger_sign_in() {
    let fixture = Fixture::new();
    let (tab, old) = fixture.sign_in();
    let _ = old;
    let tab2 = fixture
        .visit_server(&fixture.world.tab(), SignInOptions { acr_values: Some("gold".into()), ..Default::default() });
    tab.hide();
    fixture.world.fail_next("/token", Fault::AnswerLate(3_000));
    let _r = {
        let client = old.clone();
        tab.start(async move { client.access_token(AccessTokenOptions { fresh: true, ..Default::default() }).await })
    };
    fixture.world.advance(10);
    let client = fixture.create(&tab2);
    let claims = client.session().and_then(|s| s.claims.clone()).unwrap_or_default();
    assert!(claims.contains("gold"), "before: {claims}");
    fixture.world.advance(5_000);
    let claims = client.session().and_then(|s| s.claims.clone()).unwrap_or_default();
    assert!(claims.contains("gold"), "after: {claims}");
}

#[test]
fn revoking_while_another_tab_renews_survives_a_reload() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let other = fixture.create(&fixture.world.tab());
    tab.hide();
    fixture.world.fail_next("/revoke", Fault::AnswerLate(2_000));
    let r = {
        let client = client.clone();
        tab.start(async move { client.revoke(Some(TokenKind::AccessToken)).await })
    };
    fixture.world.advance(100);
    fixture.world.run(other.access_token(AccessTokenOptions { fresh: true, ..Default::default() })).unwrap();
    fixture.world.run(r).unwrap().unwrap();
    fixture.world.advance(1_000);
    other.close();
    let next = fixture.create(&tab.reload());
    let r = fixture.call(&next);
    assert_eq!((r, fixture.server.reuse_count()), (Ok(200), 0));
}

#[test]
fn revoking_overwrites_no_other_users_session() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.fail_next("/revoke", Fault::AnswerLate(2_000));
    let _r = {
        let client = client.clone();
        tab.start(async move { client.revoke(Some(TokenKind::AccessToken)).await })
    };
    fixture.world.advance(100);
    fixture.server.set_user("bob");
    let (_t, bob) = fixture.sign_in();
    fixture.world.advance(5_000);
    assert_eq!(user(&fixture, &bob).as_deref(), Some("bob"));
}

#[test]
fn signing_out_in_a_tab_with_an_old_picture_holds() {
    let fixture = Fixture::new();
    let (_tab, alice) = fixture.sign_in();
    fixture.world.set_channels(false);
    fixture.server.set_user("bob");
    let (tab2, bob) = fixture.sign_in();
    tab2.hide();
    fixture.world.suspend(200_000);
    fixture.world.fail_next("/token", Fault::AnswerLate(3_000));
    let _r = {
        let client = bob.clone();
        tab2.start(async move { client.access_token(AccessTokenOptions { fresh: true, ..Default::default() }).await })
    };
    fixture.world.advance(100);
    fixture.world.run(alice.sign_out(LOCAL)).unwrap();
    fixture.world.advance(5_000);
    assert_eq!(user(&fixture, &fixture.create(&fixture.world.tab())), None);
}

#[test]
fn signing_out_during_a_renewal_leaves_nothing_at_the_server() {
    let fixture = Fixture::new();
    fixture.server.configure(|p| p.has_end_session = false);
    let (tab, client) = fixture.sign_in();
    fixture.world.suspend(200_000);
    let _r = {
        let client = client.clone();
        tab.start(async move { client.access_token(AccessTokenOptions { fresh: true, ..Default::default() }).await })
    };
    fixture.world.advance(25);
    let c = client.clone();
    let _s = tab.start(async move { c.sign_out(SignOutOptions::default()).await });
    fixture.world.advance(5_000);
    assert_eq!(fixture.server.honoured_count(), 0);
}

#[test]
fn a_page_that_dies_while_another_user_signs_in_leaves_one_of_the_two() {
    for step in 1.. {
        let fixture = Fixture::new();
        let (tab, client) = fixture.sign_in();
        client.close();
        fixture.server.set_user("bob");
        let back = fixture.visit_server(&tab, SignInOptions::default());
        let (page, options) = (back.clone(), fixture.options.clone());
        let _started = back.start(async move { Client::create(page, options).await.map(|_| ()) });
        let mut steps = 0;
        fixture.world.advance_watched(1_000, || {
            steps += 1;
            if steps == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        back.close();
        let next = fixture.create(&fixture.world.tab());
        assert!(matches!(user(&fixture, &next).as_deref(), Some("user" | "alice" | "bob")), "{step}");
        if steps < step {
            assert_eq!(user(&fixture, &next).as_deref(), Some("bob"));
            return;
        }
    }
}

#[test]
fn a_fresh_token_is_none_of_another_user_who_signed_in_meanwhile() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.set_channels(false);
    fixture.server.set_user("bob");
    // The other tab's lock is held while this one asks: it finds his session when it is its turn.
    let other = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let _bob = fixture.create(&other);
    let fresh = crate::client::AccessTokenOptions { fresh: true, ..Default::default() };
    let asked = fixture.world.run(client.access_token(fresh));
    assert_eq!(asked.map(drop).map_err(|error| error.code()), Err(ErrorCode::LoginRequired));
    drop(tab);
}
