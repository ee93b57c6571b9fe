//! What a picture is made of: plain shapes in CSS pixels, with roles instead of colours.

use crate::sim::NodeId;

/// The languages that the page speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

/// For whom and how large a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Width of the stage in CSS pixels. Its height follows from what is on it.
    pub width: u32,
    /// The language of its words.
    pub lang: Lang,
    /// Nothing travels: a message stands in the middle of its way.
    pub reduced_motion: bool,
    /// Keeps the stage low, for a place inside somebody's text.
    pub compact: bool,
}

/// What a colour is for. The page maps each to a custom property of its style sheet, [`Role::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Text, and lines that matter.
    Ink,
    /// Secondary text, links in use.
    InkSoft,
    /// Borders of cards, links not in use, steps to come.
    InkFaint,
    /// Hairlines, the ground under a log.
    Line,
    /// Behind everything.
    Paper,
    /// A card.
    Card,
    /// The card of a leader.
    CardBlue,
    /// The card of what is down; also a quiet background.
    CardDown,
    /// A red packet: a record. Nothing else is red.
    Packet,
    /// The number on a packet.
    PacketText,
    /// The inside of a packet that is in page cache only.
    PacketOutlineFill,
    /// The number on such a packet.
    PacketOutlineText,
    /// At risk.
    Gold,
    /// Leadership.
    Blue,
    /// "It is stored": answers, high watermark.
    Green,
    /// Background of the verdict.
    Alarm,
    /// Text of the verdict.
    AlarmInk,
}

impl Role {
    /// Every role.
    pub const ALL: &[Role] = &[
        Role::Ink,
        Role::InkSoft,
        Role::InkFaint,
        Role::Line,
        Role::Paper,
        Role::Card,
        Role::CardBlue,
        Role::CardDown,
        Role::Packet,
        Role::PacketText,
        Role::PacketOutlineFill,
        Role::PacketOutlineText,
        Role::Gold,
        Role::Blue,
        Role::Green,
        Role::Alarm,
        Role::AlarmInk,
    ];

    /// Its name in a style sheet: the custom property without the dashes.
    pub fn name(self) -> &'static str {
        match self {
            Role::Ink => "ink",
            Role::InkSoft => "ink-soft",
            Role::InkFaint => "ink-faint",
            Role::Line => "line",
            Role::Paper => "paper",
            Role::Card => "card",
            Role::CardBlue => "card-blue",
            Role::CardDown => "card-down",
            Role::Packet => "packet",
            Role::PacketText => "packet-text",
            Role::PacketOutlineFill => "packet-outline-fill",
            Role::PacketOutlineText => "packet-outline-text",
            Role::Gold => "gold",
            Role::Blue => "blue",
            Role::Green => "green",
            Role::Alarm => "alarm",
            Role::AlarmInk => "alarm-ink",
        }
    }
}

/// A point of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

/// A rectangle of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Area {
    /// Whether two have a place in common.
    pub fn overlaps(self, other: Area) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }
}

/// How a line is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dash {
    /// It is not.
    #[default]
    None,
    /// 5 on, 4 off: something that is down.
    Long,
    /// 2 on, 7 off: a link that is cut.
    Dots,
}

impl Dash {
    /// Lengths of stroke and gap, empty for an unbroken line.
    pub fn pattern(self) -> &'static [f32] {
        match self {
            Dash::None => &[],
            Dash::Long => &[5.0, 4.0],
            Dash::Dots => &[2.0, 7.0],
        }
    }
}

/// Which end of a text stands at its point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anchor {
    /// Its start.
    #[default]
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A step of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Segment {
    /// Goes there without drawing.
    Move(Point),
    /// A straight line.
    Line(Point),
    /// A cubic curve: two control points and the end.
    Cubic(Point, Point, Point),
    /// Back to where it began.
    Close,
}

/// How a packet looks, that is, where its record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketStyle {
    /// Solid: on disk, or on its way.
    Solid,
    /// Outlined: in the page cache only.
    Outlined,
    /// Dashed and grey: gone.
    Gone,
}

/// A red packet: a record, or a batch of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// Its middle.
    pub at: Point,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// Number on it: `7`; `2·7` where there are several producers; `3–9` for a batch; may be empty.
    pub label: String,
    /// Where its record is.
    pub style: PacketStyle,
    /// Gold ring around it: the only live copy.
    pub only_here: bool,
    /// A second packet shows behind it, up and to the right: a copy too many.
    pub doubled: bool,
    /// Pale stripes at its foot: none for the first producer, one for the second, two for the third.
    pub stripes: u8,
    /// From 0 to 1.
    pub opacity: f32,
}

/// Small pictures, drawn as paths by the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// Leads.
    Crown,
    /// A link is cut.
    Scissors,
    /// No power.
    Bolt,
    /// Killed.
    Skull,
    /// Stands still.
    Pause,
    /// The next message will be lost: a trap.
    Trap,
    /// The next message will be late: a clock.
    Clock,
    /// An answer, pointing left.
    ArrowLeft,
    /// An answer, pointing up (one column).
    ArrowUp,
    /// An answer, pointing right.
    ArrowRight,
    /// An answer, pointing down.
    ArrowDown,
    /// Lost, refused.
    Cross,
    /// Starts, comes back.
    Restart,
    /// The disk fails.
    Disk,
    /// Cut off the end of a log.
    Truncate,
    /// A second copy, a second payment.
    Double,
    /// The end of the run.
    Flag,
}

/// A piece of a picture. Later ones cover earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle.
    Rect {
        /// Where.
        area: Area,
        /// Radius of its corners.
        radius: f32,
        /// Inside.
        fill: Option<Role>,
        /// Outline.
        stroke: Option<Role>,
        /// Width of the outline.
        width: f32,
        /// How the outline is broken.
        dash: Dash,
    },
    /// Lines and curves.
    Path {
        /// Their steps.
        segments: Vec<Segment>,
        /// Inside.
        fill: Option<Role>,
        /// Line.
        stroke: Option<Role>,
        /// Width of the line.
        width: f32,
        /// How the line is broken.
        dash: Dash,
        /// From 0 to 1.
        opacity: f32,
    },
    /// A line of text.
    Text {
        /// On its base line.
        at: Point,
        /// The words.
        text: String,
        /// Font size.
        size: f32,
        /// Font weight, 400 to 700.
        weight: u16,
        /// Which end stands at the point.
        anchor: Anchor,
        /// Colour.
        role: Role,
        /// In the monospaced font.
        mono: bool,
        /// From 0 to 1.
        opacity: f32,
    },
    /// A red packet.
    Packet(Packet),
    /// A small picture.
    Icon {
        /// Its middle.
        at: Point,
        /// Width and height.
        size: f32,
        /// Which.
        icon: Icon,
        /// Colour.
        role: Role,
        /// From 0 to 1.
        opacity: f32,
    },
    /// A circle.
    Circle {
        /// Its middle.
        at: Point,
        /// Radius.
        r: f32,
        /// Inside.
        fill: Option<Role>,
        /// Outline.
        stroke: Option<Role>,
        /// Width of the outline.
        width: f32,
        /// From 0 to 1.
        opacity: f32,
    },
}

/// What can be clicked on the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HotTarget {
    /// A node.
    Node(NodeId),
    /// The link between two nodes, both ways.
    Link(NodeId, NodeId),
}

/// A place of the stage that can be clicked, with its name for those who do not see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hotspot {
    /// What it stands for.
    pub target: HotTarget,
    /// Where.
    pub area: Area,
    /// Its accessible name.
    pub label: String,
}
