"""Old encodings come back as they were, and what is right or foreign stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.unit.test_intake_odd_workbooks import tcvn3, vni
from zonehouse.intake.text import fold
from zonehouse.intake.vietnamese import is_lost, is_plausible, readings, repaired

_WORDS_TOLD = """
    công ty trách nhiệm hữu hạn sản xuất thương mại dịch vụ xuất nhập khẩu thuỷ sản đông lạnh tôm cá tra dừa gỗ giày dép
    may mặc điện tử thép nhựa bao bì giấy hoá chất phân bón thức ăn chăn nuôi nước mắm gạo đường sữa rượu bia khuỷu
    nghiêng ngoằn ngoèo quyển quýt giếng gìn yến yêu ưa ứng ước ướt uyên khoẻ quỳnh Bến Tre Vĩnh Long Trà Vinh Hiệp"""
WORDS = _WORDS_TOLD.split()
FOREIGN = [
    "Société Générale", "Müller GmbH & Co. KG", "Peña Nieto", "São Paulo", "L'Oréal", "Nestlé", "Björn Åkesson",
    "Citroën", "Crème brûlée", "Groß-Gerau", "Zürich", "Malmö", "Curaçao", "Hermès", "Façade", "Škoda", "Łódź",
    "10^6 a+b", "Co. Ltd.", "dd/mm/yyyy", "H2O+", "A&D", "PE/PP (80%)", "M²", "±5°C", "500µm", "25 µm", "© 2016",
    "Ø 20", "1½", "Île-de-France", "Øresund",
]  # fmt: skip


def texts(least: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(WORDS), min_size=least, max_size=8).map(" ".join)


@given(texts(1))
@hypothesis_settings(max_examples=200, deadline=None)
def test_right_text_stays(text: str) -> None:
    assert readings(text) == () and not is_lost(text) and is_plausible(text)
    assert repaired(unicodedata.normalize("NFD", text)) is None


@given(texts(3))
@hypothesis_settings(max_examples=200, deadline=None)
def test_tcvn3_and_vni_come_back_or_are_left(text: str) -> None:
    for encode in (tcvn3, vni):
        written = encode(text)
        found = repaired(written, frozenset({"TCVN3" if encode is tcvn3 else "VNI"}))
        assert found is None or fold(found.text) == fold(text)
        if any(not is_plausible(word) for word in written.split()):
            assert found is not None or readings(written)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=40))
@hypothesis_settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_a_fall(text: str) -> None:
    for found in readings(text):
        assert found.text != text or found.encoding == "Unicode"
    assert isinstance(is_lost(text), bool)


@pytest.mark.parametrize("text", FOREIGN)
def test_foreign_names_and_signs_stay(text: str) -> None:
    assert repaired(text) is None


@pytest.mark.parametrize("text", ["hòa", "hoà", "HÒA", "thủy", "thuỷ"])
def test_the_match_key_folds_the_place_of_the_tone(text: str) -> None:
    assert fold(text) in ("hoa", "thuy")
