//! Items that are not what their names say. Unit structs also catch the patterns of their names.

#![allow(dead_code, non_camel_case_types, non_upper_case_globals)]

macro_rules! structs {
    ($($name:ident)+) => {$(pub(crate) struct $name;)+};
}
structs!(
    Option Some None Result Ok Err String Vec Box PathBuf DateTime Utc Value Slot KeyFloat Field
    bool char f64 i64 str u8 u32 usize
    builder cells column f fields_ index key map out patch row schema self_ serializer state value
);

macro_rules! traits {
    ($($name:ident)+) => {$(pub(crate) trait $name {})+};
}
traits!(
    Clone Copy Debug Default Display Deserialize Drop Eq Fn From Hash Into Iterator Ord PartialEq PartialOrd Record
    Serialize Sized ToOwned ToString
);

macro_rules! modules {
    ($($name:ident)+) => {$(pub(crate) mod $name {})+};
}
modules!(alloc chrono core diesel serde serde_json std wallow wallow_runtime);

/// Every type has these methods, and none of them is meant.
pub(crate) trait Meddler {
    fn as_ref(&self) {}
    fn clone(&self) {}
    fn cmp(&self) {}
    fn eq(&self) {}
    fn fmt(&self) {}
    fn get(&self) {}
    fn into(&self) {}
    fn is_some(&self) {}
    fn map(&self) {}
    fn unwrap_or_else(&self) {}
    fn write_fmt(&self) {}
}

impl<T: ?::core::marker::Sized> Meddler for T {}
