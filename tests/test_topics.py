from hivemind_core.figures.topics import Topic, choose_words


def topic(*words: str) -> Topic:
    return Topic((0, 1, 2), words)


def test_three_words_tell_what_a_group_is_about() -> None:
    assert choose_words([topic("moon", "earth", "weight", "rotation"), topic("river")]) == [
        ("moon", "earth", "weight"),
        ("river",),
    ]


def test_groups_that_would_read_alike_begin_with_what_sets_them_apart() -> None:
    alike = [
        topic("attraction", "objects", "force", "stars"),
        topic("attraction", "objects", "force", "bodies"),
        topic("objects", "attraction", "light", "force"),
        topic("moon", "objects"),
    ]
    assert choose_words(alike) == [
        ("stars", "attraction", "objects"),
        ("bodies", "attraction", "objects"),
        ("light", "objects", "attraction"),
        ("moon", "objects"),
    ]
    assert choose_words(alike[::-1]) == choose_words(alike)[::-1]


def test_topics_of_the_same_words_stay_alike() -> None:
    assert choose_words([topic("a", "b"), topic("a", "b")]) == [("a", "b"), ("a", "b")]


def test_topics_without_words_have_none() -> None:
    assert choose_words([topic(), topic(), topic("a")]) == [(), (), ("a",)]
    assert choose_words([]) == []
