//! Where libpq looks for parameters that the URL does not give: a service file, and the environment.

use std::path::{Path, PathBuf};

/// What a service file says of the connection, if one is named.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Service {
    None,
    Says(Vec<(String, String)>),
    /// The service is in a file that only libpq finds, or in a directory service, so any parameter may be set there.
    Unknown,
}

/// The sources, in the order in which libpq asks them.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    service: Service,
}

impl Environment {
    /// The sources of this process, for a URL that names this service, or none.
    pub(super) fn of_this_process(service: Option<&str>) -> Self {
        let service = service.map(ToOwned::to_owned);
        let service = service.or_else(|| variable("PGSERVICE"));
        Environment {
            service: service.map_or(Service::None, |name| find(&name, &files())),
        }
    }

    /// Whether a parameter that is not found here may be set in a place that wallow cannot read.
    pub(super) fn is_unknown(&self) -> bool {
        self.service == Service::Unknown
    }

    /// The value of a parameter; `variable_name` is the environment variable for it, if there is one.
    pub(super) fn value(&self, parameter: &str, variable_name: Option<&str>) -> Option<String> {
        let of_service = match &self.service {
            Service::Says(pairs) => pairs
                .iter()
                .find(|(name, _)| name == parameter)
                .map(|(_, value)| value.clone()),
            Service::None | Service::Unknown => None,
        };
        of_service.or_else(|| variable_name.and_then(variable))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where libpq looks: the user's own file, then that of the machine.
fn files() -> Vec<PathBuf> {
    let own = variable("PGSERVICEFILE").map(PathBuf::from).or_else(|| {
        let home = variable("HOME")?;
        Some(Path::new(&home).join(".pg_service.conf"))
    });
    let machine = variable("PGSYSCONFDIR").map_or_else(
        || {
            vec![
                PathBuf::from("/etc/postgresql-common"),
                PathBuf::from("/etc"),
            ]
        },
        |folder| vec![folder.into()],
    );
    let machine = machine
        .into_iter()
        .map(|folder| folder.join("pg_service.conf"));
    own.into_iter().chain(machine).collect()
}

fn find(name: &str, files: &[PathBuf]) -> Service {
    let texts = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok());
    let mut sections = texts.filter_map(|text| section(&text, name));
    sections.next().unwrap_or(Service::Unknown)
}

/// The lines behind `[name]`, up to the next section.
fn section(text: &str, name: &str) -> Option<Service> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| {
        let inner = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        inner == Some(name)
    })?;
    let mut pairs = Vec::new();
    for line in lines.take_while(|line| !line.starts_with('[')) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((parameter, value)) = line.split_once('=') else {
            // For example the URL of a directory service.
            return Some(Service::Unknown);
        };
        pairs.push((parameter.to_owned(), value.to_owned()));
    }
    Some(Service::Says(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# ours\n[other]\nhost=a\n[sweep]\n host=db\n\n# slow\nconnect_timeout=20\noptions=-c a=b\n[ldap]\nldap://db\n";

    #[test]
    fn a_service_is_read_as_libpq_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pg_service.conf");
        std::fs::write(&file, TEXT).unwrap();
        let files = [folder.path().join("none"), file];
        let environment = Environment {
            service: find("sweep", &files),
        };
        let value = |name| environment.value(name, None);
        assert_eq!(value("connect_timeout").as_deref(), Some("20"));
        assert_eq!(value("options").as_deref(), Some("-c a=b"));
        assert_eq!(value("keepalives"), None);
        assert!(!environment.is_unknown());
        for unknown in ["ldap", "elsewhere"] {
            assert_eq!(find(unknown, &files), Service::Unknown);
        }
    }
}
