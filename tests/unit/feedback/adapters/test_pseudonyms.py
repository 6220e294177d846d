from feedback.adapters.pseudonyms import Pseudonyms


def test_a_pseudonym_needs_the_secret() -> None:
    one, other = Pseudonyms(b"one"), Pseudonyms(b"other")
    assert one.pseudonym_of("+12065550142") == Pseudonyms(b"one").pseudonym_of("+12065550142")
    assert one.pseudonym_of("+12065550142") != other.pseudonym_of("+12065550142")
    assert one.pseudonym_of("+12065550142") != one.pseudonym_of("+12065550143")
    assert one.digest_of("+12065550142", "8") != one.digest_of("+12065550143", "8")
