//! The page: Yew components around a canvas that draws itself.
//!
//! * [`store`]: the one store of plain data that components show.
//! * [`director`]: turns what a reader decides into runs; [`player`]: moves through a run and draws its frames.
//! * [`components`]: one to a file; they map data to markup.
//!
//! Nothing here knows rules of the protocol; what is said of a run comes from `scene`.

pub mod catalogue;
pub mod components;
pub mod director;
pub mod dom;
pub mod fetch;
pub mod fields;
pub mod frames;
pub mod icons;
pub mod keys;
pub mod ledger;
pub mod observers;
pub mod offers;
pub mod painter;
pub mod params;
pub mod parts;
pub mod playback;
pub mod player;
pub mod proof;
pub mod recipe;
pub mod refuge;
pub mod run;
pub mod said;
pub mod scrub;
pub mod store;
pub mod text;
pub mod words;
