use super::super::SignOutOptions;
use super::*;

#[test]
fn a_second_tab_follows_sign_in_renewal_and_sign_out() {
    let fixture = Fixture::new();
    let watcher = fixture.create(&fixture.world.tab());
    assert_eq!(watcher.session(), None);
    let (tab, client) = fixture.sign_in();
    fixture.world.settle();
    assert_eq!(watcher.session(), client.session());
    tab.hide();
    fixture.world.suspend(301_000);
    fixture.call(&client).unwrap();
    fixture.world.settle();
    assert_eq!(watcher.session(), client.session());
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    fixture.world.settle();
    assert_eq!(watcher.session(), None);
    assert!(fixture.told().contains(&"other_tab"));
}

#[test]
fn another_user_in_another_tab_takes_the_session_over() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.server.set_user("bob");
    fixture.sign_in();
    fixture.world.settle();
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("bob"));
    let told = fixture.told();
    assert!(told.windows(2).any(|pair| pair == ["user_changed", "signedin"]), "{told:?}");
}

#[test]
fn a_page_that_missed_the_message_learns_the_truth_when_it_is_looked_at() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let tab = fixture.world.tab();
    let other = fixture.create(&tab);
    fixture.world.set_channels(false);
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    fixture.world.settle();
    assert!(other.session().is_some());
    tab.hide();
    tab.show();
    fixture.world.settle();
    assert_eq!(other.session(), None);
}

#[test]
fn tabs_without_channels_look_again_and_again() {
    let fixture = Fixture::new();
    fixture.world.set_channels(false);
    let (_, client) = fixture.sign_in();
    let other = fixture.create(&fixture.world.tab());
    assert!(other.session().is_some());
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    fixture.world.advance(6_000);
    assert_eq!(other.session(), None);
}

#[test]
fn a_closed_client_hears_nothing_and_keeps_the_stored_session() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    client.close();
    let before = fixture.told().len();
    fixture.world.advance(1_000_000);
    assert_eq!(fixture.told().len(), before);
    assert!(fixture.create(&tab.reload()).session().is_some());
}

#[test]
fn two_clients_of_different_names_do_not_meet() {
    let mut fixture = Fixture::new();
    fixture.sign_in();
    fixture.server.register("other");
    fixture.options.client_id = "other".into();
    assert_eq!(fixture.create(&fixture.world.tab()).session(), None);
}
