//! Words of the stage in both languages, and how wide they are.

use crate::scene::Lang;

/// A word or phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Shop,
    Consumer,
    Account,
    Bank,
    Controller,
    Paused,
    Starting,
    Stopping,
    NoPower,
    NotStarted,
    Killed,
    Stopped,
    Failed,
    Leader,
    Follower,
    InSync,
    OutOfSync,
    BelievesItLeads,
    StillRegistered,
    Fenced,
    NoReplica,
    NoLeader,
    Position,
    Delivered,
    Checks,
    Paid,
    Notes,
    SetsAside,
    Committed,
    Stored,
    OnDisk,
    PageCache,
    OnlyCopy,
    Gone,
    Link,
    Cut,
    Trap,
    Late,
    CutOff,
}

/// A word in a language.
pub(super) fn word(lang: Lang, word: Word) -> &'static str {
    let (en, zh) = match word {
        Word::Shop => ("Shop", "商店"),
        Word::Consumer => ("Consumer", "消费者"),
        Word::Account => ("Account", "账户"),
        Word::Bank => ("Bank", "银行"),
        Word::Controller => ("controller", "控制器"),
        Word::Paused => ("paused", "停住"),
        Word::Starting => ("starting", "启动中"),
        Word::Stopping => ("shutting down", "正在关闭"),
        Word::NoPower => ("no power", "断电"),
        Word::NotStarted => ("not started", "未启动"),
        Word::Killed => ("killed", "被杀掉"),
        Word::Stopped => ("stopped", "已停止"),
        Word::Failed => ("failed", "异常退出"),
        Word::Leader => ("leader", "leader"),
        Word::Follower => ("follower", "follower"),
        Word::InSync => ("in sync", "同步"),
        Word::OutOfSync => ("out of sync", "未同步"),
        Word::BelievesItLeads => ("believes it leads", "以为自己是 leader"),
        Word::StillRegistered => ("registered leader", "仍登记为 leader"),
        Word::Fenced => ("fenced", "被隔离"),
        Word::NoReplica => ("no replica", "没有副本"),
        Word::NoLeader => ("no leader", "没有 leader"),
        Word::Position => ("position", "位置"),
        Word::Delivered => ("delivered", "已交付"),
        Word::Checks => ("checks id", "查 id"),
        Word::Paid => ("paid", "已入账"),
        Word::Notes => ("notes id", "记 id"),
        Word::SetsAside => ("puts aside", "放一边"),
        Word::Committed => ("committed", "已提交"),
        Word::Stored => ("DB offset", "库中位移"),
        Word::OnDisk => ("on disk", "已落盘"),
        Word::PageCache => ("page cache", "页缓存"),
        Word::OnlyCopy => ("only copy", "唯一副本"),
        Word::Gone => ("lost", "丢了"),
        Word::Link => ("link", "链路"),
        Word::Cut => ("cut", "已切断"),
        Word::Trap => ("the next message will be lost", "下一条消息会丢"),
        Word::Late => ("the next message will be late", "下一条消息会迟到"),
        Word::CutOff => ("cut off", "连不上"),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// "18 of 20" in two lengths, the longer one first.
pub(super) fn sent(lang: Lang, sent: u32, total: u32) -> [String; 2] {
    match lang {
        Lang::En => [format!("sent {sent} of {total}"), format!("sent {sent}/{total}")],
        Lang::Zh => [format!("已发 {sent} / {total}"), format!("已发 {sent}/{total}")],
    }
}

/// How many the shop was told are stored.
pub(super) fn told(lang: Lang, acked: u32) -> [String; 2] {
    match lang {
        Lang::En => [format!("told “stored”: {acked}"), format!("“stored”: {acked}")],
        Lang::Zh => [format!("被告知“已存”：{acked}"), format!("“已存” {acked}")],
    }
}

/// Requests in flight, and records that failed for good where there are any.
pub(super) fn in_flight(lang: Lang, in_flight: u32, failed: u32) -> [String; 2] {
    match (lang, failed) {
        (Lang::En, 0) => [format!("in flight {in_flight}"), format!("in flight {in_flight}")],
        (Lang::En, _) => [format!("in flight {in_flight} · failed {failed}"), format!("failed {failed}")],
        (Lang::Zh, 0) => [format!("在途 {in_flight}"), format!("在途 {in_flight}")],
        (Lang::Zh, _) => [format!("在途 {in_flight} · 失败 {failed}"), format!("失败 {failed}")],
    }
}

/// Where logs end.
pub(super) fn end(lang: Lang, ends: &str, down: bool) -> String {
    match (lang, down) {
        (Lang::En, true) => format!("its log ends at {ends}"),
        (Lang::En, false) => format!("end {ends}"),
        (Lang::Zh, true) => format!("日志止于 {ends}"),
        (Lang::Zh, false) => format!("末尾 {ends}"),
    }
}

/// A leader epoch.
pub(super) fn epoch(epoch: u32) -> String {
    format!("epoch {epoch}")
}

/// An account's version.
pub(super) fn version(lang: Lang, version: u32) -> String {
    match lang {
        Lang::En => format!("version {version}"),
        Lang::Zh => format!("版本 {version}"),
    }
}

/// How many workers have a record in hand, and how many records wait for one.
pub(super) fn workers(lang: Lang, at_work: u8, of: u8, queued: u32) -> String {
    let waiting = if queued > 0 { format!(" +{queued}") } else { String::new() };
    match lang {
        Lang::En => format!("workers {at_work}/{of}{waiting}"),
        Lang::Zh => format!("线程 {at_work}/{of}{waiting}"),
    }
}

/// Records put aside, in two lengths.
pub(super) fn dead_letters(lang: Lang, n: u32) -> [String; 2] {
    match lang {
        Lang::En => [format!("dead letters {n}"), format!("DLQ {n}")],
        Lang::Zh => [format!("死信 {n}"), format!("死信 {n}")],
    }
}

/// What should have been paid, in two lengths.
pub(super) fn due(lang: Lang, due: u32) -> [String; 2] {
    match lang {
        Lang::En => [format!("of ¥{due} due"), format!("of ¥{due}")],
        Lang::Zh => [format!("应付 ¥{due}"), format!("应 ¥{due}")],
    }
}

/// How wide a bold text is, about.
pub(super) fn width_of_bold(text: &str, size: f32) -> f32 {
    1.15 * width_of(text, size)
}

/// How wide a text is, about.
pub(super) fn width_of(text: &str, size: f32) -> f32 {
    text.chars().map(|c| if (c as u32) < 0x2e80 { 0.58 * size } else { size }).sum()
}

/// As much of a text as fits.
pub(super) fn fit(text: String, size: f32, width: f32) -> String {
    if width_of(&text, size) <= width {
        return text;
    }
    let mut kept = String::new();
    let mut used = 0.58 * size;
    for c in text.chars() {
        used += width_of(c.encode_utf8(&mut [0; 4]), size);
        if used > width {
            break;
        }
        kept.push(c);
    }
    if kept.is_empty() { kept } else { kept.trim_end().to_owned() + "…" }
}

/// The first of several wordings that fits; else as much of the last as does.
pub(super) fn choose<const N: usize>(wordings: [String; N], size: f32, width: f32) -> String {
    let mut last = String::new();
    for wording in wordings {
        if width_of(&wording, size) <= width {
            return wording;
        }
        last = wording;
    }
    fit(last, size, width)
}
