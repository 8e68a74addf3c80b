//! The places of a program where names of fields are used.

use crate::schema::Field;

/// Title, the code around the name (it is completed at `|`), which fields can be used there, and which form of their
/// type their signature must show.
const PLACES: &str = "
    constants `fields::…`               ; fields::|{name}                         ; all         ; plain
    setters of `Identifying::builder()` ; Identifying::builder().|{name}({value}) ; identifying ; converted
    accessors of `Identifying`          ; run.identifying().|{name}()             ; identifying ; borrowed
    setters of `Annotating`             ; Annotating::new().|{name}({value})      ; annotating  ; converted
    `clear_…` of `Annotating`           ; Annotating::new().|clear_{name}()       ; nullable    ; none
    fields of `Run`                     ; run.|{name}.clone()                     ; all         ; plain
    columns of `runs`                   ; runs::columns::|{name}                  ; all         ; none
";

/// A place.
pub(crate) struct Place {
    pub(crate) title: &'static str,
    /// The code before the name.
    pub(crate) before: &'static str,
    rest: &'static str,
    takes: &'static str,
    signature: &'static str,
}

/// Every place.
pub(crate) fn all() -> impl Iterator<Item = Place> {
    PLACES.lines().filter_map(|line| {
        let mut cells = line.split(';').map(str::trim);
        let title = cells.next()?;
        let (before, rest) = cells.next()?.split_once('|')?;
        let (takes, signature) = (cells.next()?, cells.next()?);
        Some(Place {
            title,
            before,
            rest,
            takes,
            signature,
        })
    })
}

impl Place {
    /// Whether a field can be used there.
    pub(crate) fn takes(&self, field: &Field) -> bool {
        match self.takes {
            "all" => true,
            "nullable" => field.is_nullable(),
            table => field.table == table,
        }
    }

    /// The name that a field has there, and what follows it.
    pub(crate) fn rest(&self, field: &Field) -> String {
        let value = match field.ty() {
            "int" => "1",
            "float" => "1.0",
            "bool" => "true",
            "datetime" => "std::time::SystemTime::now()",
            "json" => "serde_json::Value::Null",
            _ => "\"\"",
        };
        self.rest
            .replace("{name}", &field.name)
            .replace("{value}", value)
    }

    /// The name that a field has there.
    pub(crate) fn name(&self, field: &Field) -> String {
        let part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
        self.rest(field).chars().take_while(part).collect()
    }

    /// A part of the signature that a field must have there: the last part of its type's path.
    pub(crate) fn signature(&self, field: &Field) -> &'static str {
        match (field.ty(), self.signature) {
            (_, "none") => "",
            ("string", "borrowed") => "str",
            ("datetime", "converted") => "IntoUtc",
            ("int", "converted") => "IntoInt",
            ("float", "converted") => "IntoFloat",
            ("int", _) => "i64",
            ("float", _) => "f64",
            ("bool", _) => "bool",
            ("datetime", _) => "DateTime",
            ("json", _) => "Value",
            ("path", _) => "PathBuf",
            _ => "String",
        }
    }
}
