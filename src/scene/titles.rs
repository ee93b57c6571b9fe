//! What the built-in scenarios are called on screen: each by what happens to its red packets.

use super::Lang;
use crate::run::catalogue::Place;

/// A scenario's title and what it is about, in each language.
struct Named {
    id: &'static str,
    en: (&'static str, &'static str),
    zh: (&'static str, &'static str),
}

/// The title of a built-in scenario.
pub fn title(id: &str, lang: Lang) -> Option<&'static str> {
    texts(id, lang).map(|(title, _)| title)
}

/// What a built-in scenario is about, in one or two sentences.
pub fn about(id: &str, lang: Lang) -> Option<&'static str> {
    texts(id, lang).map(|(_, about)| about)
}

fn texts(id: &str, lang: Lang) -> Option<(&'static str, &'static str)> {
    let named = TITLES.iter().find(|named| named.id == id)?;
    Some(match lang {
        Lang::En => named.en,
        Lang::Zh => named.zh,
    })
}

/// Where on a packet's way something breaks, as a heading.
pub fn place_name(place: Place, lang: Lang) -> &'static str {
    match (lang, place) {
        (Lang::En, Place::Nowhere) => "Nothing breaks",
        (Lang::En, Place::OnTheWayIn) => "On the way in",
        (Lang::En, Place::InStore) => "In store",
        (Lang::En, Place::WhileConsuming) => "While consuming",
        (Lang::En, Place::OneEffect) => "Paying only once",
        (Lang::Zh, Place::Nowhere) => "什么都没坏",
        (Lang::Zh, Place::OnTheWayIn) => "在发送途中",
        (Lang::Zh, Place::InStore) => "在存储中",
        (Lang::Zh, Place::WhileConsuming) => "在消费时",
        (Lang::Zh, Place::OneEffect) => "只付一次",
    }
}

/// Lists titles so that none can lack a language.
macro_rules! titles {
    ($($id:literal { $en:literal, $en_about:literal; $zh:literal, $zh_about:literal })*) => {
        const TITLES: &[Named] = &[$(Named { id: $id, en: ($en, $en_about), zh: ($zh, $zh_about) },)*];
    };
}

titles! {
    "opening" {
        "Acknowledged, and gone",
        "acks=1: the leader alone says yes to three packets that no follower has, and dies.";
        "已确认，却没了",
        "acks=1：三个红包只有 leader 有，它就答了“存好了”，然后宕机。"
    }
    "calm" {
        "Ten packets, each paid once",
        "Nothing breaks: stored by three brokers, delivered once, paid once.";
        "十个红包，各付一次",
        "什么都没坏：三个 broker 都存了，投递一次，支付一次。"
    }
    "acks-0-connection-reset" {
        "Three packets vanish on the wire",
        "With acks=0 sent counts as stored. The connection is reset with three packets in it, and nobody notices.";
        "三个红包消失在网线上",
        "acks=0 时，发出就算存好。连接被重置，里面有三个红包，没有人发现。"
    }
    "killed-before-flush" {
        "Packets that never left the shop",
        "send() only puts a packet into a buffer. The shop is killed while they wait there.";
        "从未离开商店的红包",
        "send() 只是放进缓冲区。红包还在等待时，商店进程被杀掉。"
    }
    "timeout-is-no-no" {
        "A time-out is not a No",
        "The shop is told that packet 3 failed. It is stored all the same, and paid.";
        "超时不等于失败",
        "商店得知红包 3 失败了。可它其实存下了，也付了。"
    }
    "retry-makes-a-copy" {
        "The retry stores a packet twice",
        "Only the answer was lost. Without idempotence the second attempt is a second packet, and both are paid.";
        "重试把红包存了两次",
        "丢的只是回音。没有幂等性，第二次尝试就是第二个红包，两个都付了。"
    }
    "retry-idempotent" {
        "The retry is recognised",
        "The same lost answer with enable.idempotence=true: two requests, one packet.";
        "重试被认了出来",
        "同样丢了回音，但 enable.idempotence=true：两次请求，一个红包。"
    }
    "leader-dies-before-ack" {
        "The retry meets another broker, which knows it too",
        "Sequence numbers are copied with the packets, so that the new leader recognises packet 3.";
        "重试遇到新 leader，照样被认出",
        "序号随红包一起复制，所以新 leader 也认得红包 3。"
    }
    "application-resends" {
        "The shop sends it again itself, and pays twice",
        "Idempotence knows retries of the client. What the application sends anew is a new packet to the broker.";
        "商店自己重发，于是付了两次",
        "幂等性只认得客户端的重试。应用重新 send() 的，对 broker 来说是新红包。"
    }
    "refused-then-accepted" {
        "A packet is refused, and a later one overtakes it",
        "Too few replicas are in sync for packet 3. By the time of a later one there are enough again.";
        "一个红包被拒绝，后面的超了车",
        "红包 3 到达时同步副本不够；后面的红包到达时又够了。"
    }
    "three-in-flight-reversed" {
        "Three packets come back in reverse order",
        "Three requests are lost together; each goes back to the head of the queue.";
        "三个红包倒着回来",
        "三个请求一起丢失，每个都重新排到队首。"
    }
    "three-in-flight-copied" {
        "Three packets twice, the copies reversed",
        "All three were stored; only their answers were lost with the connection.";
        "三个红包各两份，副本还倒了序",
        "三个其实都存下了，只是回音随连接一起丢了。"
    }
    "one-in-flight" {
        "In order, and still paid twice",
        "max.in.flight.requests.per.connection=1 keeps the order, and does nothing against copies.";
        "顺序对了，还是付了两次",
        "max.in.flight.requests.per.connection=1 保住顺序，却防不了重复。"
    }
    "three-in-flight-idempotent" {
        "Three answers lost, three packets stored once and in order",
        "With idempotence the broker checks the sequence: nothing twice, nothing out of order.";
        "丢了三个回音，三个红包都只存一次、顺序不变",
        "有了幂等性，broker 会检查序号：不重复，也不乱序。"
    }
    "one-replica-killed" {
        "A killed process loses no packet",
        "What was written is in the operating system's page cache, and outlives the process.";
        "进程被杀，红包不丢",
        "写入的内容在操作系统的页缓存里，进程没了它还在。"
    }
    "one-replica-power-loss" {
        "A power cut takes acknowledged packets",
        "Acknowledged means appended to the page cache, not on disk. There is one copy.";
        "一次断电，带走已确认的红包",
        "确认只表示进了页缓存，并没有落盘。而且只有一份。"
    }
    "one-replica-power-loss-flushed" {
        "Flushed one by one, no packet is lost",
        "The same power cut with a flush for every packet: nothing is lost, and each one pays for it.";
        "逐个刷盘，一个不丢",
        "同样断电，但每个红包都刷了盘：一个不丢，代价是每个都更慢。"
    }
    "leader-dies-before-copy" {
        "Two packets had one copy, and its broker died",
        "acks=1: the followers are cut off, two more packets are acknowledged, and the leader is killed.";
        "两个红包只有一份，而那台 broker 死了",
        "acks=1：follower 断开后又确认了两个红包，接着 leader 被杀。"
    }
    "leader-power-loss" {
        "The leader loses power, and every packet survives",
        "Nothing was flushed. Two others have it all.";
        "leader 断电，红包一个不少",
        "什么都没刷盘，但另外两台都有。"
    }
    "all-power-loss" {
        "Three copies, one power cut, nothing left",
        "acks=all and min.insync.replicas=2 do not help when all copies were in page caches of one building.";
        "三份副本，一次断电，全没了",
        "所有副本都在同一处机房的页缓存里，acks=all 和 min.insync.replicas=2 也没用。"
    }
    "isr-of-one" {
        "acks=all asked the only one left",
        "All of the ISR was the leader alone. It says yes, and loses power.";
        "acks=all 只问了仅剩的一个",
        "ISR 里只剩 leader 自己。它说“存好了”，然后断电。"
    }
    "last-replica-standing" {
        "The broker without the packets leads again",
        "broker-1 lost everything and keeps its seat in the ISR; broker-2, which had it all, cuts its log to match.";
        "丢了红包的 broker 又当上 leader",
        "broker-1 丢光了数据却仍在 ISR 里；什么都有的 broker-2 只好跟着截断。"
    }
    "last-replica-standing-elr" {
        "The broker that kept the packets leads",
        "The same faults with eligible leader replicas: broker-1 may not lead, and broker-2 is waited for.";
        "保住红包的 broker 当上 leader",
        "同样的故障，开启 ELR：broker-1 不许当 leader，大家等 broker-2 回来。"
    }
    "both-replicas-power-loss-elr" {
        "Both copies lose power, one after the other",
        "Two unclean stops are more than min.insync.replicas=2 can bear: whoever leads has lost packets.";
        "两份副本先后断电",
        "两次非正常停机，超出 min.insync.replicas=2 能承受的：谁当 leader 都已丢了红包。"
    }
    "unclean-election" {
        "A leader that never had the packets",
        "An unclean election prefers a broker that lags to none at all. What it never had is gone.";
        "新 leader 从来没有过这些红包",
        "非受控选举宁可要落后的 broker，也不愿没有 leader。它没有的就丢了。"
    }
    "zombie-leader" {
        "A zombie goes on saying yes",
        "acks=1: cut off from the cluster, broker-1 does not know that another one leads. All its packets are cut off later.";
        "僵尸 leader 还在说“存好了”",
        "acks=1：broker-1 与集群断开，不知道已有新 leader。它确认的红包后来全被截断。"
    }
    "zombie-leader-acks-all" {
        "A zombie that can say nothing",
        "acks=all: it waits in vain for its followers, so that the shop gives up and finds the new leader.";
        "僵尸 leader 什么也说不了",
        "acks=all：它等不到 follower，商店放弃后找到了新 leader。"
    }
    "commit-before-processing" {
        "Committed first: a packet is never paid",
        "The consumer dies between commit and payment. Packet 3 counts as done, and was not.";
        "先提交：一个红包永远没付",
        "消费者在提交和付款之间宕机。红包 3 算处理过了，其实没有。"
    }
    "commit-after-processing" {
        "Paid first: a packet is paid twice",
        "The consumer dies between payment and commit. Packet 3 was paid and does not count as done.";
        "先付款：一个红包付了两次",
        "消费者在付款和提交之间宕机。红包 3 已付，却不算处理过。"
    }
    "dedup-table" {
        "Looked up first, and paid twice all the same",
        "Look up, pay, note the id: three steps, and a crash fits between two of them.";
        "先查再付，还是付了两次",
        "查、付、记 id 是三步，宕机正好卡在两步之间。"
    }
    "note-first" {
        "Noted first, and never paid",
        "The other order turns the copy into a loss: packet 3 is noted, and nobody pays it.";
        "先记再付，结果没付",
        "换个顺序，重复变成了丢失：红包 3 记下了，却没人付。"
    }
    "one-transaction" {
        "Paid and noted in one transaction: once",
        "Packet 3 comes again and is found in the table, wherever the crash falls.";
        "付款与记录同一事务：只付一次",
        "红包 3 再来时，表里已经有它，无论宕机落在哪里。"
    }
    "version-in-message" {
        "The version in the packet: once",
        "Packet 3 comes again, but the account has moved on from its version, so that no row is hit.";
        "红包里带版本号：只付一次",
        "红包 3 又来了，但账户版本已经变了，更新不到任何行。"
    }
    "version-reread" {
        "The version read just before: twice",
        "Packet 3 comes again, reads a fresh version and is paid again: the check guards against others, not copies.";
        "付款前现读版本号：付了两次",
        "红包 3 又来了，读到新版本，又付一次：这种检查防别人，不防重复。"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::catalogue::CATALOGUE;

    #[test]
    fn every_built_in_scenario_has_a_title_in_both_languages() {
        for scenario in CATALOGUE {
            for lang in [Lang::En, Lang::Zh] {
                assert!(title(scenario.id, lang).is_some_and(|text| !text.is_empty()), "{}", scenario.id);
                assert!(about(scenario.id, lang).is_some_and(|text| !text.is_empty()), "{}", scenario.id);
            }
        }
    }

    #[test]
    fn no_title_is_left_over() {
        for named in TITLES {
            assert!(CATALOGUE.iter().any(|scenario| scenario.id == named.id), "{}", named.id);
        }
    }
}
