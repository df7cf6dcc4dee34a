//! What the explorer is given and what it may ask with. `cargo test` writes each type to
//! `ui/src/bindings/`, so that the user interface is compiled against exactly this.
//! Times are RFC 3339 in UTC, or milliseconds since 1970 where a name ends in `_ms`; money is US dollars.

mod change;
mod content;
mod detail;
mod host;
mod lists;
mod settings;
mod stats;

pub use change::{ChangeNote, note_of};
pub use content::{ImageArgs, ImageBytes, RasterType, Side, TextArgs, TextPart};
pub use detail::{
    BodyFacts, CostPart, PricedTurn, RecordSpan, RequestArgs, RequestDetail, SessionArgs, SessionDetail,
    StreamEvent,
};
pub use host::{Abilities, CopyArgs, HostState, OpenArgs, ProxyState, SwitchArgs};
pub use lists::{
    Facet, FacetValue, Facets, FacetsArgs, FilterChip, RequestCursor, RequestPage, RequestSummary,
    RequestsArgs, SearchArgs, SessionCursor, SessionOrder, SessionPage, SessionPlace, SessionsArgs, Totals,
};
pub use settings::{ClientCard, Exports, ExportsArgs, SetArgs, Setting, SettingForm, Settings, ShellOutcome};
pub use stats::{DayStats, Quantiles, Stats, StatsArgs, StatsRow};
