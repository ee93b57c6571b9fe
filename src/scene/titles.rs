//! What the built-in scenarios are called on screen, and the questions that they answer. English stands with the
//! scenarios themselves; here is the Chinese, and nothing without both compiles or passes.

use super::Lang;
use crate::run::catalogue::{BuiltIn, Question, find};

/// The title of a built-in scenario.
pub fn title(id: &str, lang: Lang) -> Option<&'static str> {
    match lang {
        Lang::En => find(id).map(BuiltIn::title),
        Lang::Zh => chinese(TITLES, id),
    }
}

/// What a built-in scenario is about, in one or two sentences.
pub fn about(id: &str, lang: Lang) -> Option<&'static str> {
    match lang {
        Lang::En => find(id).map(BuiltIn::about),
        Lang::Zh => chinese(ABOUT, id),
    }
}

fn chinese(table: &[(&str, &'static str)], id: &str) -> Option<&'static str> {
    table.iter().find(|(of, _)| *of == id).map(|(_, text)| *text)
}

/// What people ask, as a heading.
pub fn question(question: Question, lang: Lang) -> &'static str {
    match lang {
        Lang::En => question.asked(),
        Lang::Zh => match question {
            Question::NoLoss => "如何保证消息不丢失？",
            Question::Flush => "退出前不调 flush 会丢消息吗？",
            Question::TimedOut => "报超时（Expiring 1 record(s)），消息丢了吗？",
            Question::Copies => "重试后为什么消息重复？",
            Question::Order => "重试会乱序吗？max.in.flight 要设成 1 吗？",
            Question::OnDisk => "ack 之前刷盘了吗？kill -9 和断电",
            Question::NoError => "发送没报错，topic 里却少了消息",
            Question::AllOfThem => "acks=all 是等所有副本吗？",
            Question::NoWrites => "挂了一台 broker，全部写不进去",
            Question::BelowMinIsr => "ISR 不足时 acks=1 写成功，却读不到",
            Question::NotEnough => "报 NOT_ENOUGH_REPLICAS，到底写进去没有？",
            Question::ThreeReplicas => "三副本加 acks=all，还会丢吗？",
            Question::Unclean => "unclean 选举什么时候会丢数据？",
            Question::OlderVersions => "各副本的日志一定相同吗？（2.0 及更早版本）",
            Question::Sequence => "报 OutOfOrderSequence，是不是丢数据了？",
            Question::CutOff => "网络分区后，旧 leader 还在收消息吗？",
            Question::CommitWhen => "先提交 offset，还是先处理？",
            Question::AutoCommit => "自动提交时处理到一半宕机，消息会丢吗？",
            Question::Rebalance => "重平衡（扩容、发版）后重复消费",
            Question::Zombie => "报 CommitFailedException，处理还算数吗？",
            Question::NewGroup => "新消费组收不到之前的消息",
            Question::ReadAgain => "停了一阵，又从头消费",
            Question::OutOfRange => "报 offset out of range，跳过了一段吗？",
            Question::Cost => "acks=all 慢多少？",
            Question::Idempotence => "幂等和重试会冲突吗？",
            Question::NewSession => "换 leader、重启之后幂等还有效吗？",
            Question::LookUp => "先查重再处理，为什么还是重复？",
            Question::NoteFirst => "先记 id（SETNX）就够了吗？",
            Question::OneEffect => "如何保证消息不被重复消费？",
            Question::StoredOffset => "offset 能和业务数据一起存库吗？",
            Question::Version => "乐观锁 version 能防重复消费吗？",
            Question::StillTwice => "开了幂等，为什么还是存了两条？",
            Question::Poison => "一条消息总是处理失败，会卡住后面的吗？",
            Question::Call => "调支付接口超时重试，会重复付款吗？",
            Question::Rest => "集群里还会发生什么？",
        },
    }
}

/// Two tables, so that the page holds only the one that it shows.
macro_rules! chinese {
    ($(($id:literal, $title:literal, $about:literal $(,)?),)*) => {
        /// Titles by id.
        const TITLES: &[(&str, &str)] = &[$(($id, $title)),*];
        /// What they are about, by id.
        const ABOUT: &[(&str, &str)] = &[$(($id, $about)),*];
    };
}

chinese! {
    ("opening", "已确认，却没了", "acks=1：三个红包只有 leader 有，它就答了“存好了”，然后宕机。"),
    ("calm", "十个红包，各付一次", "什么都没坏：三个 broker 都存了，投递一次，支付一次。"),
    (
        "acks-0-connection-reset",
        "红包消失在网线上",
        "acks=0 时，发出就算存好。连接被重置，里面的红包没了，没有人发现。",
    ),
    (
        "acks-0-too-large",
        "全被拒绝，却全报成功",
        "acks=0，消息超过 max.message.bytes：broker 每个都拒绝，却只能关掉连接。",
    ),
    (
        "acks-1-too-large",
        "全被拒绝，商店也知道",
        "同样的消息，acks=1：每个 send() 都报 RecordTooLargeException。",
    ),
    ("killed-before-flush", "从未离开商店的红包", "send() 只是放进缓冲区。红包还在等待时，商店进程被杀掉。"),
    (
        "timeout-is-no-no",
        "超时不等于失败",
        "直到 delivery.timeout.ms 用完都没有回音。商店得知红包 6 失败了，可它其实存下了。",
    ),
    (
        "timeout-and-not-stored",
        "同样的超时，这次真没存",
        "这次丢的是请求，不是回音。商店听到的一样，而红包 6 哪里都没有。",
    ),
    (
        "never-sent-expires",
        "唯一的 broker 离开太久",
        "根本发不出去：失败的就是没存，没有疑问。broker 回来前 delivery.timeout.ms 已用完。",
    ),
    ("producer-killed-in-flight", "商店没等到回音就死了", "红包 6 存下了，却没有人知道。"),
    (
        "retry-makes-a-copy",
        "重试把红包存了两次",
        "丢的只是回音。没有幂等性，第二次尝试就是第二个红包，两个都付了。",
    ),
    ("reset-makes-a-copy", "写入之后连接断了", "红包 6 已存下，回音随连接一起丢了。重试又存了一次。"),
    (
        "retries-3-answer-lost",
        "retries=3，丢一个回音就够了",
        "acks=1，没有幂等性：第一次重试就成功了，它就是那份副本。",
    ),
    (
        "retries-3-request-lost",
        "retries=3，丢的是请求",
        "第一次什么都没存，重试就是唯一的一份。商店分不清丢的是请求还是回音。",
    ),
    (
        "refused-then-accepted",
        "一个红包被拒绝，后面的超了车",
        "红包 3 到达时同步副本不够；后面的红包到达时又够了。",
    ),
    ("three-in-flight-reversed", "三个红包倒着回来", "三个请求一起丢失，每个都重新排到队首。"),
    ("three-in-flight-copied", "三个红包各两份，副本还倒了序", "三个其实都存下了，只是回音随连接一起丢了。"),
    (
        "one-in-flight",
        "顺序对了，还是付了两次",
        "max.in.flight.requests.per.connection=1 保住顺序，却防不了重复。",
    ),
    (
        "three-in-flight-idempotent",
        "丢了三个回音，三个红包都只存一次、顺序不变",
        "有了幂等性，broker 会检查序号：不重复，也不乱序。",
    ),
    ("one-replica-killed", "进程被杀，红包不丢", "写入的内容在操作系统的页缓存里，进程没了它还在。"),
    (
        "one-replica-power-loss",
        "一次断电，带走已确认的红包",
        "确认只表示进了页缓存，并没有落盘。而且只有一份。",
    ),
    (
        "one-replica-power-loss-flushed",
        "逐个刷盘，一个不丢",
        "同样断电，但每个红包都刷了盘：一个不丢，代价是每个都更慢。",
    ),
    ("one-partition-power-loss", "三台断电一台，它的分区空了", "三个分区各一份副本：只丢了 broker-2 上的。"),
    (
        "leader-dies-before-copy",
        "五个红包只有一份，而那台 broker 死了",
        "acks=1：follower 断开后又确认了五个红包，接着 leader 被杀。",
    ),
    (
        "leader-dies-before-copy-acks-all",
        "同样宕机，acks=all：没确认，就会重发",
        "红包 11 也只有一份，但没有人说它存好了。重试把它送到新 leader。",
    ),
    ("clean-stop-acks-1", "正常停机，先交出 leader", "acks=1 加滚动重启：follower 都同步着，什么都没丢。"),
    (
        "clean-stop-while-cut-off",
        "正常停机，还是丢了红包",
        "acks=1：停机时 follower 断着。它们没来得及复制的，旧 leader 回来后被截断。",
    ),
    ("isr-of-one", "acks=all 只问了仅剩的一个", "ISR 里只剩 leader 自己。它说“存好了”，然后断电。"),
    (
        "isr-of-one-killed",
        "仅剩的一个被杀，红包都还在",
        "同样孤单的 leader，只是被杀而不是断电：页缓存还在，红包也在。",
    ),
    (
        "follower-cannot-fetch",
        "所有人都在等一个拉不到数据的 follower",
        "它活着，也在 ISR 里，acks=all 只好等到 replica.lag.time.max.ms 把它踢出去。",
    ),
    (
        "follower-stuck-copies",
        "follower 卡住，试三次，存三份",
        "没有幂等性，每次尝试都写进去了，却都没有回音。商店得知失败。",
    ),
    (
        "min-isr-three",
        "三台挂一台，商店就得关门",
        "三副本设 min.insync.replicas=3，一台都不能少。什么也没丢，但它回来前什么也写不进。",
    ),
    (
        "two-followers-down",
        "两台挂了：能读，不能写",
        "min.insync.replicas=2：只剩 leader 时拒绝写入，但已提交的照样能读。",
    ),
    (
        "acked-but-unreadable",
        "已确认，却没有人读得到",
        "acks=1 且 ISR 不足：leader 答“存好了”，高水位却不动；断电带走的，消费者从没见过。",
    ),
    (
        "read-and-then-gone",
        "已确认、已读到、已付款，还是没了",
        "3.6 及以前的规则：ISR 不足时高水位照样前进，消费者为只有一份的红包付了款；断电把它们全带走。",
    ),
    (
        "isr-falls-while-waiting",
        "一再被拒绝，结果还是存了",
        "红包 6 正等副本时，ISR 只剩一个。每次重试都被拒，商店放弃了，而 follower 回来后复制了它。",
    ),
    (
        "stored-and-refused",
        "存下了，剩下的副本都有了，却报错",
        "3.6 及以前的规则：红包 6 已写入，才发现 ISR 太小。商店听到 NOT_ENOUGH_REPLICAS_AFTER_APPEND，红包却照付。",
    ),
    ("leader-power-loss", "leader 断电，红包一个不少", "什么都没刷盘，但另外两台都有。"),
    (
        "last-replica-standing",
        "丢了红包的 broker 又当上 leader",
        "broker-1 丢光了数据却仍在 ISR 里；什么都有的 broker-2 只好跟着截断。",
    ),
    (
        "last-replica-standing-elr",
        "保住红包的 broker 当上 leader",
        "同样的故障，开启 ELR：broker-1 不许当 leader，大家等 broker-2 回来。",
    ),
    (
        "both-replicas-power-loss-elr",
        "两份副本先后断电",
        "两次非正常停机，超出 min.insync.replicas=2 能承受的：谁当 leader 都已丢了红包。",
    ),
    (
        "all-power-loss",
        "三份副本，一次断电，全没了",
        "所有副本都在同一处机房的页缓存里，acks=all 和 min.insync.replicas=2 也没用。",
    ),
    (
        "unclean-election",
        "新 leader 从来没有过这些红包",
        "非受控选举宁可要落后的 broker，也不愿没有 leader。它没有的就丢了。",
    ),
    (
        "zombie-alone-in-isr",
        "ISR 里只剩它，断开后又被替换",
        "min.insync.replicas=1：断开的 leader 在 acks=all 下独自提交，另一台被非受控选举推上来。",
    ),
    (
        "truncated-below-the-consumer",
        "付了款，日志里却没了",
        "消费者已付的红包被非受控选举带走，它被悄悄退回到日志一致的位置。",
    ),
    (
        "committed-and-cut",
        "0.10 及更早：已提交的红包被截断",
        "broker-3 有红包 4，却不知道它已提交。换了 leader 就先截断，随后它自己当选。",
    ),
    (
        "two-packets-at-one-offset",
        "0.10 及更早：同一个 offset，两个红包",
        "leader 断电丢了红包 2，在原处写入红包 3。follower 那里仍是 2：没有谁去比对。",
    ),
    (
        "asked-once",
        "0.11 到 1.x：leader 换得太快，日志成了两份",
        "broker-2 只问一次自己的 epoch 到哪里为止。broker-1 没有过那个 epoch，答的是更早的，于是什么也没截断。",
    ),
    (
        "copy-of-an-older-epoch",
        "2.0：旧 epoch 的副本也算数",
        "broker-3 错过两次选举，照样拉取：没有谁问它在哪个 epoch。该是 5 的地方它存的是 4，后来当选。",
    ),
    (
        "gap-goes-on-silently",
        "日志缺了一段，商店浑然不觉",
        "新 leader 少了十个红包，报 OUT_OF_ORDER_SEQUENCE_NUMBER。幂等生产者换个 epoch 接着发，应用毫不知情。",
    ),
    (
        "expired-poisons-the-next",
        "一个超时，连累了下一个",
        "红包 6 没到过，broker 就拒绝红包 7 的序号。两个都失败，也都没存。",
    ),
    (
        "zombie-leader",
        "僵尸 leader 还在说“存好了”",
        "acks=1：broker-1 与集群断开，不知道已有新 leader。它确认的红包后来全被截断。",
    ),
    (
        "zombie-leader-acks-all",
        "僵尸 leader 什么也说不了",
        "acks=all：它等不到 follower，商店放弃后找到了新 leader。",
    ),
    (
        "commit-before-processing",
        "先提交：一个红包永远没付",
        "消费者在提交和付款之间宕机。红包 5 算处理过了，其实没有。",
    ),
    (
        "commit-after-processing",
        "先付款：一个红包付了两次",
        "消费者在付款和提交之间宕机。红包 5 已付，却不算处理过。",
    ),
    (
        "crash-before-effect",
        "先付款，宕机在付款之前：只付一次",
        "消费者拿着红包 5 宕机，没付也没提交，于是重新投递。",
    ),
    (
        "auto-commit-crash",
        "自动提交、单线程、宕机：付了两次",
        "poll() 提交的是上一次 poll() 交出且已处理的。宕机只会重复，不会跳过。",
    ),
    (
        "rebalance-without-commit",
        "别的成员离开，活要从头干",
        "它的分区没变，但什么都没提交过。重平衡之后，从已提交的 offset 重新读起。",
    ),
    (
        "second-member-joins",
        "来了第二个消费者，红包付了两次",
        "commit_every=5：Range 收回所有分区，付了没提交的又投递一次。",
    ),
    (
        "second-member-joins-cooperative",
        "cooperative：重复的少了，不是没有",
        "只交出要搬走的分区，只重复那个分区里没提交的红包。",
    ),
    (
        "member-leaves",
        "消费者正常离开，红包付了两次",
        "正常关闭，但没有最后提交一次：接手的从已提交的 offset 读起。",
    ),
    (
        "zombie-pays-twice",
        "没死透的消费者",
        "它睡过了 session.timeout.ms，别人接手了。它醒来先付款，之后提交才被拒绝。",
    ),
    (
        "pause-alone",
        "只有它一个，睡过头也付了两次",
        "唯一的成员被踢出消费组，提交被拒；重新加入后，红包 5 又来一次。",
    ),
    (
        "latest-misses-all",
        "新消费组从末尾读起",
        "auto.offset.reset=latest：第一次 poll() 之前存下的，永远不会读。",
    ),
    (
        "out-of-range-earliest",
        "offset 超前两个，于是从头再来",
        "存下的 offset 超出了断电后变短的日志。earliest 的意思是：全部再来一遍。",
    ),
    (
        "committed-offsets-lost",
        "消息还在，offset 没了",
        "消息逐个刷盘，__consumer_offsets 没有。断电后十个红包全部再付一次。",
    ),
    (
        "out-of-range-latest",
        "offset 超前一个，直接跳到末尾",
        "存下的 offset 超出了日志末尾。latest 跳过了这期间写入的红包。",
    ),
    (
        "offset-in-another-log",
        "offset 对得上，红包却换了",
        "断电清空了日志，新红包占了旧 offset。消费者从后面接着读，前面的从没见过。",
    ),
    ("acks-all-slow-disk", "一块慢盘，每个确认都等它", "acks=all 和 ISR 里最慢的副本一样快。"),
    ("acks-1-slow-disk", "一块慢盘，acks=1 毫无察觉", "leader 立刻回答；副本随后才到，前提是它还活着。"),
    ("retry-idempotent", "重试被认了出来", "同样丢了回音，但 enable.idempotence=true：两次请求，一个红包。"),
    (
        "late-answer-idempotent",
        "回音来晚了，重试被认出",
        "晚了四秒，超过 request.timeout.ms。期间的重试发现红包 6 已存。",
    ),
    (
        "leader-dies-before-ack",
        "重试遇到新 leader，照样被认出",
        "序号随红包一起复制，所以新 leader 也认得红包 6。",
    ),
    (
        "producer-restarts",
        "商店重启，broker 不认识它了",
        "新进程就是新的 producer id。红包 6 存下了但没有回音，于是又存了一次。",
    ),
    ("dedup-table", "先查再付，还是付了两次", "查、付、记 id 是三步，宕机正好卡在两步之间。"),
    (
        "zombie-dedup-table",
        "两个主人都去查，都没查到",
        "僵尸付了款，还没记。新主人查红包 5，没查到，又付了。",
    ),
    ("zombie-before-check", "僵尸醒来再查，查到了", "它在查之前睡着了。醒来时，新主人早已记下红包 5。"),
    ("note-first", "先记再付，结果没付", "换个顺序，重复变成了丢失：红包 3 记下了，却没人付。"),
    ("commit-first-with-table", "跳过的，表也找不回来", "先提交：红包 5 不再投递，也就没有什么可查。"),
    ("one-transaction", "付款与记录同一事务：只付一次", "红包 5 再来时，表里已经有它，无论宕机落在哪里。"),
    ("zombie-one-transaction", "同一事务，僵尸也拦得住", "唯一键让两个主人中后来的回滚：红包 5 只付一次。"),
    (
        "forgotten-too-soon",
        "记过，忘了，又付一次",
        "id 只记两秒。消费组六秒后才发现宕机，那时已没有东西认得红包 5。",
    ),
    (
        "known-by-offset",
        "按 offset 认红包：副本是陌生人",
        "付款与记录同一事务，记的却是日志里的位置。重试存下的副本有自己的位置。",
    ),
    (
        "deleted-unread",
        "不管读没读，到期就删",
        "retention.ms 不问谁读过。消费者回来时，红包 6 到 10 已经没了，付过的也没了。",
    ),
    (
        "offsets-forgotten",
        "离开太久，消费组忘了读到哪里",
        "消费者停了一分多钟，组也空了。提交的 offset 被忘掉，所有红包又付一遍。",
    ),
    (
        "workers-lose",
        "交给线程，提交了，然后没了",
        "红包交给两个线程，随即提交。进程死时线程手里的早已提交，没有人会付。",
    ),
    (
        "async-commits-lost",
        "commitAsync：款照付，offset 没提交",
        "一次提交连同后面的都丢了。没人等回音，款照付不误；一宕机，全部再付一遍。",
    ),
    (
        "poison-blocks",
        "一个红包失败，后面的都在等",
        "红包 3 每次都失败。消费者一遍遍退回去重读它；另一个分区照常进行。",
    ),
    ("poison-aside", "放进死信表，又放了一次", "红包 3 进了死信表，其余的照付。提交之前宕机，它就进两次。"),
    (
        "call-crash",
        "调用外部服务之后宕机",
        "银行已付红包 3，消费者却在提交之前宕机。它再调一次，银行再付一次。",
    ),
    (
        "call-answer-lost",
        "银行付了，回音丢了",
        "十秒没有回音，消费者再调一次。没有回音不等于没付：红包 3 付了两次。",
    ),
    (
        "call-with-key",
        "带上幂等键，银行认得出重复的调用",
        "同样的宕机，但调用带着事件的 id：银行已记下它，不会再付红包 3。",
    ),
    (
        "copies-found-in-table",
        "日志里两份，只付一次",
        "id 在第一次发送前由商店生成。重试存下的副本，在表里查得到。",
    ),
    ("offset-in-database", "offset 和付款一起存", "同一个数据库事务，两者之间不会宕机。"),
    (
        "zombie-overwrites-offset",
        "僵尸把存下的 offset 改了回去",
        "没有检查原来的 offset。僵尸又付了红包 5，把 offset 改了回去，后面的也全部再付一次。",
    ),
    (
        "zombie-offset-check",
        "先比对存下的 offset",
        "僵尸醒来时，UPDATE … WHERE offset = 4 一行都没更新：它被挡住了。",
    ),
    ("version-in-message", "红包里带版本号：只付一次", "红包 5 又来了，但账户版本已经变了，更新不到任何行。"),
    (
        "version-reread",
        "付款前现读版本号：付了两次",
        "红包 3 又来了，读到新版本，又付一次：这种检查防别人，不防重复。",
    ),
    ("copies-meet-version", "日志里两份，版本号只放行一份", "副本带的版本号，已被第一份用掉。"),
    (
        "reversed-order-version-check",
        "乱序时，版本号拒绝了迟到的",
        "红包 6、7、8 倒着到达：只有 6 对得上，后面的都在等一个不会出现的版本。",
    ),
    (
        "lost-record-version-check",
        "丢了两个，后面的全被拒绝",
        "断电带走红包 9 和 10，后面的都在等一个不会出现的版本。",
    ),
    (
        "application-resends",
        "商店自己重发，于是付了两次",
        "幂等性只认得客户端的重试。应用重新 send() 的，对 broker 来说是新红包。",
    ),
    (
        "producer-forgotten",
        "broker 忘了生产者，又存了一次",
        "broker 只记得 producer 一天，这里是一秒。红包 6 的重试来得更晚，于是成了新的。",
    ),
    ("follower-killed", "一个 follower 死了又回来", "ISR 缩到两个，min.insync.replicas=2 仍够用，之后恢复。"),
    (
        "controller-killed",
        "controller 死了，谁也不用等",
        "没有它，leader 照样当 leader。只有要变更时才缺它。",
    ),
    (
        "leader-dies-without-controller",
        "controller 不在时 leader 死了",
        "controller 回来前选不出新 leader：写入只能等，什么也没丢。",
    ),
    (
        "disk-fails",
        "leader 的磁盘坏了，broker 停机",
        "只有一个日志目录时 Kafka 会停机。另一个副本接任，重试都发到那里。",
    ),
    (
        "refused-in-flight-6",
        "幂等加六个在途请求：商店开不了门",
        "broker 只记住每个生产者的五个批次，客户端拒绝启动，报 ConfigException。",
    ),
    (
        "refused-acks-1",
        "幂等加 acks=1：商店开不了门",
        "幂等要求 acks=all。两个都要，客户端拒绝启动，报 ConfigException。",
    ),
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
        for (id, _) in TITLES {
            assert!(CATALOGUE.iter().any(|scenario| scenario.id == *id), "{id}");
        }
    }
}
