"""A bar counts rows, of a number that is known or not."""

from sk_entity._training.rows_bar import rows_bar


def test_it_counts_rows_towards_their_number(capsys):
    with rows_bar(2_000_000, "code") as bar:
        bar.update(500_000)
    shown = capsys.readouterr().err
    assert "code:  25%" in shown
    assert "500k/2.00M" in shown
    assert "row/s" in shown or "s/row" in shown


def test_without_a_number_it_counts_only(capsys):
    bar = rows_bar(None, "read")
    bar.update(1500)
    bar.close()
    shown = capsys.readouterr().err
    assert "read: 1.50krow" in shown
    assert "%" not in shown
