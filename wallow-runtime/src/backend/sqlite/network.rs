//! Network file systems: SQLite's locks and its shared memory do not work across them, and writes are lost without an
//! error; a server of PostgreSQL is slow on them.

use std::path::Path;

/// The kind of network file system that a file, or the folder for it, lies on.
///
/// A FUSE file system may be local or not, so it is not reported.
#[cfg(target_os = "linux")]
pub fn network_file_system(file: &Path) -> Option<&'static str> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let found = rustix::fs::statfs(file).or_else(|_| rustix::fs::statfs(folder));
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::unnecessary_cast,
        reason = "the numbers have 32 bits; the type that holds them differs between machines"
    )]
    found.ok().and_then(|disk| kind(disk.f_type as u32))
}

/// See [`network_file_system`].
#[cfg(not(target_os = "linux"))]
pub fn network_file_system(_: &Path) -> Option<&'static str> {
    None
}

/// By the number that Linux knows a file system by (`statfs(2)`, `linux/magic.h`).
#[cfg(target_os = "linux")]
fn kind(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => "SMB",
        0x0102_1997 => "9P",
        0x5346_414F | 0x6B41_4653 => "AFS",
        0x7375_7245 => "Coda",
        0x00C3_6400 => "Ceph",
        0x0BD0_0BD0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x1983_0326 => "BeeGFS",
        0x7461_636F => "OCFS2",
        0x0116_1970 => "GFS2",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_local_disk_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs.db");
        assert_eq!(network_file_system(&file), None);
        assert_eq!(
            network_file_system(Path::new("no/such/folder/runs.db")),
            None
        );
    }

    #[test]
    fn network_file_systems_are_known_by_their_numbers() {
        assert_eq!(kind(0x6969), Some("NFS"));
        assert_eq!(kind(0xFF53_4D42), Some("SMB"));
        assert_eq!(kind(0xEF53), None, "ext4");
    }
}
