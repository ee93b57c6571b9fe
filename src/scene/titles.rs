//! The questions that the built-in scenarios answer, and what the scenarios are called, in both languages.

use super::Lang;
use crate::run::catalogue::{Listed, Question};

/// The title of a scenario, as the index has it.
pub fn title<'a>(listed: Listed<'a>, lang: Lang) -> &'a str {
    match lang {
        Lang::En => listed.title,
        Lang::Zh => listed.title_in_chinese,
    }
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
            Question::Fencing => "fencing token 挡得住什么，挡不住什么？",
            Question::Highest => "只增不减的序号够用吗（WHERE last < ?）？",
            Question::Version => "乐观锁 version 能防重复消费吗？",
            Question::StillTwice => "开了幂等，为什么还是存了两条？",
            Question::Poison => "一条消息总是处理失败，会卡住后面的吗？",
            Question::Call => "调支付接口超时重试，会重复付款吗？",
            Question::Rest => "集群里还会发生什么？",
        },
    }
}
