//! The parameters of a request, each once.

use super::answer::Refusal;

/// The parameters of a request.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads the part of an address after `?`.
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        let mut read = Vec::<(String, String)>::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if read.iter().any(|(other, _)| *other == name) {
                return Err(Refusal::request(format!(
                    "the parameter `{name}` is given twice"
                )));
            }
            read.push((name.into_owned(), value.into_owned()));
        }
        Ok(Parameters(read))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(other, _)| other == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// An expression; empty if there is none.
    pub(super) fn condition(&self) -> &str {
        self.get("where").unwrap_or_default()
    }

    /// A parameter that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal::request(format!("the parameter `{name}` is missing"));
        self.get(name).ok_or_else(missing)
    }

    /// A JSON array of texts, at most this many; empty if the parameter is not there.
    pub(super) fn list(&self, name: &str, most: usize) -> Result<Vec<String>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(Vec::new());
        };
        let wrong = || {
            Refusal::request(format!(
                "the parameter `{name}` has to be a JSON array of at most {most} texts"
            ))
        };
        let list = serde_json::from_str::<Vec<String>>(text).map_err(|_| wrong())?;
        if list.len() > most {
            return Err(wrong());
        }
        Ok(list)
    }

    /// A number from 1 to `most`.
    pub(super) fn number(&self, name: &str, most: usize) -> Result<usize, Refusal> {
        let number = self.required(name)?.parse().ok();
        number
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| {
                Refusal::request(format!("the parameter `{name}` has to be 1 to {most}"))
            })
    }
}
