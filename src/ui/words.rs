//! What the page says around a run: its buttons, headings and hints. What a run itself says comes from `scene`.

use crate::scene::Lang;

macro_rules! words {
    ($($key:ident: $en:literal / $zh:literal;)*) => {
        /// A text of the page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "a name and its English text say the same")]
        pub enum Word { $($key),* }

        impl Word {
            /// The text in a language.
            pub fn say(self, lang: Lang) -> &'static str {
                match (lang, self) {
                    $((Lang::En, Word::$key) => $en, (Lang::Zh, Word::$key) => $zh,)*
                }
            }
        }
    };
}

words! {
    Intro: "A shop pays ¥20 for each event, through Kafka. Break anything and see which red packets get lost or paid twice."
        / "商店通过 Kafka 为每个事件支付 ¥20。随意破坏，看看哪些红包丢了，哪些付了两次。";
    PickScenario: "Scenario" / "场景";
    Find: "Find a scenario" / "查找场景";
    FindHint: "lost, acks=1, TimeoutException…" / "重复、acks=1、TimeoutException…";
    NothingFound: "No scenario has all of that." / "没有场景符合全部条件。";
    DidYouMean: "Did you mean:" / "是否想找：";
    Recorded: "Recorded on a real Kafka 4.4.0 cluster: same outcome" / "真实的 Kafka 4.4.0 集群录制过：结果相同";
    RecordedLog: "Recorded on a real Kafka 4.4.0 cluster, up to the log: same outcome"
        / "真实的 Kafka 4.4.0 集群录制过（到日志为止）：结果相同";
    OwnText: "your own scenario" / "自己的场景";
    Language: "Language" / "语言";
    OtherLanguage: "中文" / "English";
    Stage: "Stage" / "舞台";
    Play: "Play" / "播放";
    Pause: "Pause" / "暂停";
    Step: "Next step" / "下一步";
    StepBack: "Previous step" / "上一步";
    Restart: "From the beginning" / "从头开始";
    SpeedOf: "Speed" / "速度";
    Scrubber: "Moment of the run" / "运行的时刻";
    Sent: "sent" / "已发送";
    Acked: "acked" / "已确认";
    Stored: "stored" / "已存储";
    Paid: "paid" / "已支付";
    Funnel: "So far" / "到此刻为止";
    Before: "Before:" / "之前：";
    Ledger: "Ledger" / "账本";
    LedgerHint: "Each column is a packet. Choose one to jump to its moment." / "每一列是一个红包，点击可跳到它的时刻。";
    LedgerMore: "Not shown:" / "未显示：";
    Packet: "packet" / "红包";
    Repeatedly: "more than once" / "不止一次";
    OnlyHere: "only here" / "只此一份";
    Failed: "failed" / "失败";
    NoAnswer: "nobody tells" / "没有下文";
    Missing: "missing:" / "缺少：";
    Why: "Why" / "为什么";
    NothingWrong: "Nothing went wrong in this run." / "这次运行没有出问题。";
    HelpsAll: "the same faults break nothing." / "同样的故障就不再出问题。";
    HelpsFewer: "nothing goes wrong, but only $1 packets are acknowledged, not $2." / "不再出问题，但只有 $1 个红包得到确认，而不是 $2 个。";
    HelpsUnstruck: "nothing goes wrong, but then not every fault strikes." / "不再出问题，不过有的故障也就没有发生。";
    FlushPrice: "Each batch then waits for the disk; Kafka advises replicas that do not fail together." / "但每个批次都要等磁盘；Kafka 更建议用不会同时出故障的副本。";
    HelpsTwice: "this does not happen, but something comes twice." / "就不会发生这件事，但会有重复。";
    HelpsThis: "this does not happen." / "就不会发生这件事。";
    With: "With" / "用";
    SeeIt: "See it" / "看看";
    Settings: "Settings" / "设置";
    SettingsHint: "Kafka's own names. A change runs the whole story anew, with your faults where they were."
        / "Kafka 自己的名称。改动后整个过程重新运行，你的故障保持原来的时刻。";
    ResetSettings: "As in the scenario" / "恢复为场景的设置";
    Dangerous: "can lose or repeat packets" / "可能丢失或重复红包";
    Break: "Break something" / "搞点破坏";
    BreakHint: "Or choose anything on the stage. What has happened stays; the future is computed anew."
        / "也可以点击舞台上的任何东西。已发生的不变，未来重新计算。";
    InForce: "Broken by hand" / "手动的故障";
    TakeBack: "Take back" / "撤销";
    TakeAllBack: "Take all back" / "全部撤销";
    NeverFires: "never happens in this run" / "这次运行中不会发生";
    Close: "Close" / "关闭";
    Computing: "Computing…" / "计算中…";
    File: "Scenario file" / "场景文件";
    FileHint: "The whole run as one file. Change it or paste your own." / "整个运行就是一个文件。可以修改，或粘贴自己的。";
    RunFile: "Run this file" / "运行此文件";
    Line: "line" / "行";
    SameFaultsWith: "Same faults," / "同样的故障，";
    BreakItYourself: "Break it yourself" / "自己动手破坏";
    BreakNow: "Your turn: choose a broker, a link, the shop or the account while it runs."
        / "轮到你了：运行中点击 broker、链路、商店或账户。";
    NothingStarts: "Nothing starts." / "什么都没有启动。";
    RefusedBy: "Kafka refuses these settings before anything is sent."
        / "Kafka 在发送任何东西之前就拒绝了这些设置。";
    UnknownScenario: "There is no scenario of this name. Here is the first one instead."
        / "没有这个名字的场景，先看第一个。";
    NotFetched: "This scenario could not be fetched from where the page came from."
        / "未能从本页的来源取得这个场景。";
    TryAgain: "Try again" / "重试";
    Keys: "Keys: space plays and pauses, , and . step, ← and → move by 5 s, [ and ] jump between marks, 0–9 by tenths."
        / "快捷键：空格播放或暂停，, 和 . 单步，← → 移动 5 秒，[ ] 在标记间跳转，0–9 按十分之一跳转。";
    LostHere: "the run is over" / "运行结束";
    Narration: "What happens" / "正在发生";
    Yes: "on" / "开";
    No: "off" / "关";
}
