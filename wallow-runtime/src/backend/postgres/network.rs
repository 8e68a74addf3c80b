//! How long libpq waits for a server that does not answer, and for a network that drops what it is given.

use std::time::Duration;

use super::environment::Environment;
use crate::backend::DatabaseUrl;

/// The parameters of libpq for that, except those that the user sets: in the URL, in a service file, or in the
/// environment.
///
/// A connection on which nothing is acknowledged for `within` is given up: the kernel resends what the other side has
/// not acknowledged until `tcp_user_timeout`, and sends `keepalives_…` if there is nothing to resend. Sockets of the
/// same machine need neither.
pub(super) fn parameters(
    url: &DatabaseUrl,
    environment: &Environment,
    within: Duration,
) -> Vec<(&'static str, String)> {
    let millis = within.as_millis().clamp(1000, i32::MAX as u128);
    let seconds = millis / 1000;
    let (idle, interval) = ((seconds / 3).max(1), (seconds / 6).max(1));
    let count = (seconds.saturating_sub(idle) / interval).max(1);
    // Each host of a list has its own timeout, and libpq raises a timeout of one second to two.
    let hosts = url
        .parameter("host")
        .map_or(1, |hosts| hosts.split(',').count());
    let connect = millis.div_ceil(1000 * hosts as u128).max(2);
    [
        ("connect_timeout", Some("PGCONNECT_TIMEOUT"), connect),
        ("tcp_user_timeout", None, millis),
        ("keepalives_idle", None, idle),
        ("keepalives_interval", None, interval),
        ("keepalives_count", None, count),
    ]
    .into_iter()
    .filter(|(name, variable, _)| {
        url.parameter(name).is_none() && environment.value(name, *variable).is_none()
    })
    .map(|(name, _, value)| (name, value.to_string()))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, within: Duration) -> String {
        let environment = Environment::of_this_process(None);
        let url = DatabaseUrl::parse(url).unwrap();
        let parameters = parameters(&url, &environment, within).into_iter();
        let parameters = parameters.map(|(name, value)| format!("{name}={value}"));
        parameters.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_dead_connection_is_given_up_in_time() {
        assert_eq!(
            of("postgres://db/runs", Duration::from_secs(30)),
            "connect_timeout=30 tcp_user_timeout=30000 keepalives_idle=10 keepalives_interval=5 keepalives_count=4"
        );
        assert_eq!(
            of("postgres://a,b/runs", Duration::from_millis(3500)),
            "connect_timeout=2 tcp_user_timeout=3500 keepalives_idle=1 keepalives_interval=1 keepalives_count=2"
        );
    }

    #[test]
    fn what_the_url_says_counts() {
        assert_eq!(
            of(
                "postgres://db/runs?keepalives_idle=7&tcp_user_timeout=0&keepalives_count=2&connect_timeout=9",
                Duration::from_secs(6)
            ),
            "keepalives_interval=1"
        );
    }
}
