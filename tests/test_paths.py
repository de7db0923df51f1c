from scarmass.paths import CHECKOUT, FRONTEND, MIGRATIONS, WEIGHTS


def test_in_a_checkout_the_parts_lie_beside_the_source() -> None:
    assert CHECKOUT is not None
    assert (FRONTEND / "templates").is_dir()
    assert (MIGRATIONS / "env.py").is_file()
    assert (WEIGHTS / "catalog.toml").is_file()


def test_no_module_counts_folders_upwards() -> None:
    """What does would be right in a checkout or in an installed package, not in both."""
    assert CHECKOUT is not None
    folders = ("backend", "alembic", "benchmarks", "tests")
    sources = [file for folder in folders for file in (CHECKOUT / folder).rglob("*.py")]
    assert len(sources) > 200
    counting = "parents" + "["
    assert [file.name for file in sources if counting in file.read_text()] == []
