use super::*;

#[test]
fn no_key_stands_twice_and_no_modelled_key_counts_as_unmodelled() {
    let all = Section::SETTINGS.iter().chain(&[Section::Fault, Section::When]);
    for section in all {
        let mut names: Vec<&str> = section.keys().iter().map(|key| key.name).collect();
        for name in &names {
            assert!(!section.is_unmodelled(name), "{name} stands in two lists");
        }
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "a key of {section:?} stands twice");
    }
}

#[test]
fn every_default_lies_within_its_range() {
    for key in Section::SETTINGS.iter().flat_map(|section| section.keys()) {
        let fits = match (key.kind, key.default) {
            (_, Default::Computed(_))
            | (Kind::Bool, Default::Bool(_))
            | (Kind::Ints(_), Default::Ints(_)) => true,
            (Kind::Int(min, max), Default::Int(n)) => (min..=max).contains(&n),
            (Kind::Choice(words), Default::Text(word)) => words.contains(&word),
            _ => false,
        };
        assert!(fits, "{}", key.name);
        assert!(key.refused.is_some() || !key.doc.is_empty(), "{} has no text", key.name);
    }
}

#[test]
fn the_nearest_key_is_found() {
    let meant = nearest;
    assert_eq!(meant(Section::Producer, "ack"), Some((Section::Producer, "acks")));
    assert_eq!(meant(Section::Producer, "lingerms"), Some((Section::Producer, "linger.ms")));
    assert_eq!(meant(Section::Topic, "acks"), Some((Section::Producer, "acks")));
    assert_eq!(meant(Section::Cluster, "min.isr"), None);
    assert_eq!(meant(Section::When, "aplied"), Some((Section::When, "applied")));
    assert_eq!(meant(Section::Producer, "something else"), None);
}

#[test]
fn letters_swapped_count_as_one_change() {
    assert_eq!(distance("akcs", "acks"), 1);
    assert_eq!(distance("", "acks"), 4);
    assert_eq!(distance("acks", "acks"), 0);
    assert_eq!(distance("红包", "红"), 1);
}
