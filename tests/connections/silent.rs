//! A network that drops every packet, and a server that is frozen: nothing waits for longer than the busy timeout.

#![expect(
    clippy::type_complexity,
    reason = "a list of operations with their names"
)]

use std::thread;
use std::time::Duration;

use postgres_server::{Partition, Proxy, Server};
use wallow::{ErrorKind, OnDuplicate};

use crate::sweep::{Annotating, Store, key};
use crate::without_hanging;

const PATIENCE: Duration = Duration::from_secs(2);

fn impatient(url: &str) -> Store {
    Store::options().busy_timeout(PATIENCE).open(url).unwrap()
}

/// A way to the server that can be broken.
trait Network: Send + 'static {
    fn url(&self, database: &str) -> String;
    fn cut(&self);
    fn heal(&self);
}

impl Network for Proxy {
    fn url(&self, database: &str) -> String {
        Proxy::url(self, database)
    }

    fn cut(&self) {
        Proxy::cut(self).unwrap();
    }

    fn heal(&self) {
        Proxy::heal(self).unwrap();
    }
}

impl Network for Partition {
    fn url(&self, database: &str) -> String {
        Partition::url(self, database)
    }

    fn cut(&self) {
        Partition::cut(self).unwrap();
    }

    fn heal(&self) {
        Partition::heal(self).unwrap();
    }
}

fn nothing_hangs_in(network: impl Network, server: &'static Server) {
    without_hanging(move || {
        let database = server.fresh();
        let url = network.url(database.name());
        let store = impatient(&url);
        store.enqueue((0..3).map(key)).unwrap();
        let operations: [(&str, fn(&Store) -> Result<(), wallow::Error>); 6] = [
            ("find", |store| store.find(&key(0)).map(drop)),
            ("heartbeat", |store| store.heartbeat(&key(0)).map(drop)),
            ("delete", |store| store.delete(&key(9)).map(drop)),
            ("enqueue", |store| store.enqueue([key(8)]).map(drop)),
            ("count", |store| store.count().map(drop)),
            ("schema", |store| store.check_schema()),
        ];
        for (name, operation) in operations {
            // Each on a connection that was in use a moment ago.
            operation(&store).unwrap();
            network.cut();
            let error = operation(&store).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Database, "{name}: {error}");
            // And without a connection.
            let error = operation(&store).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Database, "{name}: {error}");
            let opened = Store::options().busy_timeout(PATIENCE).open(&url);
            let error = opened.map(|_: Store| ()).unwrap_err();
            assert!(
                error.to_string().contains("check that the server runs"),
                "{error}"
            );
            network.heal();
            operation(&store).unwrap();
        }
        store.delete(&key(8)).unwrap();
        assert_eq!(store.count().unwrap(), 3);
    });
}

#[test]
fn nothing_hangs_while_packets_are_lost() {
    if let Some(server) = Server::shared() {
        nothing_hangs_in(Proxy::to(server).unwrap(), server);
    }
}

/// Uses a link between two network namespaces, if the machine lets the test make one.
#[test]
fn nothing_hangs_while_a_link_is_down() {
    let Some(server) = Server::shared() else {
        return;
    };
    if let Some(partition) = Partition::before(server) {
        nothing_hangs_in(partition, server);
    }
}

/// A connection that died silently while it was idle is noticed before it is used.
#[test]
fn a_write_begins_anew_if_the_network_was_away_while_it_was_idle() {
    let Some(server) = Server::shared() else {
        return;
    };
    without_hanging(move || {
        let database = server.fresh();
        let proxy = Proxy::to(server).unwrap();
        let store = impatient(&proxy.url(database.name()));
        store.enqueue([key(0)]).unwrap();
        proxy.cut().unwrap();
        // The kernel asks for signs of life meanwhile.
        thread::sleep(2 * PATIENCE);
        proxy.heal().unwrap();
        assert!(store.delete(&key(0)).unwrap().is_some());
    });
}

/// A server that accepts connections and never answers.
#[test]
fn opening_does_not_hang_on_a_server_that_stands_still() {
    let Some(server) = Server::shared() else {
        return;
    };
    without_hanging(move || {
        let database = server.fresh();
        let proxy = Proxy::to(server).unwrap();
        let store = impatient(&proxy.url(database.name()));
        let added = store.register(&key(0), &Annotating::new(), OnDuplicate::Error);
        assert!(added.unwrap().was_inserted());
        proxy.freeze();
        let opened = Store::options()
            .busy_timeout(PATIENCE)
            .open(proxy.url(database.name()));
        let error = opened.map(|_: Store| ()).unwrap_err();
        assert!(
            error.to_string().contains("check that the server runs"),
            "{error}"
        );
        proxy.heal().unwrap();
        assert_eq!(store.count().unwrap(), 1);
    });
}
