"""Each table is of studies, and then a rule says who sees its rows, or it is named as one that is not."""

from scarmass.storage.study_groups import OF_NO_STUDY, RULES
from scarmass.storage.tables import Table


def test_every_table_has_a_rule_or_is_of_no_study() -> None:
    mapped = {mapper.class_ for mapper in Table.registry.mappers}
    assert mapped == RULES.keys() | OF_NO_STUDY
    assert not RULES.keys() & OF_NO_STUDY
