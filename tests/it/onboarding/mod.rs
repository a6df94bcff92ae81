//! A prospect before credit is granted: who it is, what the sources say of it, what is decided, and what becomes of the file.

mod decisions;
mod fifty;
mod file;
mod forgetting;
mod register;
mod requests;
mod sources;
