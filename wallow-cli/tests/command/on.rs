//! A project on each kind of database.

use crate::project::Project;

/// A project without migrations, and its database, which takes statements.
pub(crate) struct On {
    pub(crate) project: Project,
    #[cfg(feature = "postgres")]
    server: Option<postgres_server::Fresh>,
}

impl On {
    /// On a file, and on a server if there is one. There is no database yet, or an empty one.
    pub(crate) fn each(schema: &str) -> Vec<Self> {
        let file = On {
            project: Project::with(schema),
            #[cfg(feature = "postgres")]
            server: None,
        };
        [Some(file), On::of_server(schema)]
            .into_iter()
            .flatten()
            .collect()
    }

    #[cfg(feature = "postgres")]
    fn of_server(schema: &str) -> Option<Self> {
        let database = postgres_server::Server::shared()?.fresh();
        Some(On {
            project: Project::with(schema).sets("WALLOW_DATABASE_URL", &database.url()),
            server: Some(database),
        })
    }

    #[cfg(not(feature = "postgres"))]
    fn of_server(_: &str) -> Option<Self> {
        None
    }

    /// Whether the database is on a server.
    pub(crate) fn is_server(&self) -> bool {
        self.project.database().starts_with("postgres")
    }

    /// Runs statements, like another program.
    pub(crate) fn runs(&self, sql: &str) {
        #[cfg(feature = "postgres")]
        if let Some(database) = &self.server {
            database.server().psql(database.name(), sql).unwrap();
            return;
        }
        self.project.executes(sql);
    }

    /// The result of a query as text.
    pub(crate) fn reads(&self, query: &str) -> String {
        #[cfg(feature = "postgres")]
        if let Some(database) = &self.server {
            let said = database.server().psql(database.name(), query).unwrap();
            return said.trim_end().to_owned();
        }
        self.project.reads(query)
    }

    /// Pushes, and compares the table with a new one.
    pub(crate) fn pushes(&self, options: &str, what: &str) {
        self.project
            .wallow(&format!("migrate push {options}"))
            .succeeds();
        self.is_as_new(what);
    }

    /// Whether the table is the one that a new database gets, up to the order of the columns.
    pub(crate) fn is_as_new(&self, what: &str) {
        let status = self.project.wallow("status").succeeds();
        assert!(status.contains("in sync"), "{what}: {status}");
        let new = self.new_one();
        assert_eq!(self.shape(), new.shape(), "{what}");
    }

    /// A new database with the same schema.
    fn new_one(&self) -> Self {
        let schema = self.project.text("wallow.toml");
        #[cfg(feature = "postgres")]
        let new = match &self.server {
            Some(_) => On::of_server(&schema).unwrap(),
            None => On {
                project: Project::with(&schema),
                server: None,
            },
        };
        #[cfg(not(feature = "postgres"))]
        let new = On {
            project: Project::with(&schema),
        };
        new.project.wallow("migrate push").succeeds();
        new
    }

    /// Columns and indexes, in an order of their own.
    fn shape(&self) -> String {
        #[cfg(feature = "postgres")]
        if self.server.is_some() {
            return self.reads(
                "SELECT string_agg(line, ';' ORDER BY line) FROM (\
                     SELECT concat_ws(' ', column_name, data_type, is_nullable, column_default) AS line \
                     FROM information_schema.columns WHERE table_name = 'runs' \
                     UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename = 'runs') AS lines",
            );
        }
        self.reads(
            "SELECT group_concat(line, ';') FROM (\
                 SELECT name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, '-') AS line \
                 FROM pragma_table_info('runs') \
                 UNION ALL SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'runs' ORDER BY 1)",
        )
    }
}

/// The statement that adds a run of its own uuid.
pub(crate) fn insert(columns: &str, values: &str) -> String {
    let uuid = values.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    format!(
        "INSERT INTO runs (uuid, created_at, updated_at, {columns}) VALUES \
         ('{:012x}', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', {values})",
        uuid & 0xffff_ffff_ffff
    )
}
