"""A mistake in a dashboard is found by the check that is for it, and says where it is."""

import contextlib
import os
import pathlib
import sys
import unittest
from unittest import mock

from checking import files, names, promql, schema, structure

sys.path.append(str(sorted(pathlib.Path(os.environ["GRAFANA_SCHEMAS"]).iterdir())[-1]))


@contextlib.contextmanager
def mistaken(change):
    """The dashboards, with a mistake in service.json."""
    dashboards = files.dashboards()
    change(dashboards["service.json"])
    with mock.patch.object(files, "dashboards", lambda: dashboards):
        yield


def panel(dashboard, title):
    return next(panel for panel in dashboard["panels"] if panel["title"] == title)


class Mistakes(unittest.TestCase):
    def found(self, check, change, words):
        self.assertEqual(list(check()), [])
        with mistaken(change):
            problems = list(check())
        self.assertEqual(len([problem for problem in problems if words in problem]), 1, problems)

    # Names.

    def ask(self, expression, legend="x"):
        def change(dashboard):
            panel(dashboard, "Seen")["targets"][0] |= {"expr": expression, "legendFormat": legend}

        return change

    def test_metric_that_nobody_makes(self):
        self.found(names.check, self.ask("sum(pollscope_task_live)"), "no metric pollscope_task_live")

    def test_bucket_of_a_gauge(self):
        self.found(names.check, self.ask("sum(pollscope_tasks_live_bucket)"), "no metric pollscope_tasks_live_bucket")

    def test_label_in_a_selector(self):
        self.found(names.check, self.ask('sum(pollscope_tasks_live{executor="x"})'), "has no label executor")

    def test_label_to_group_by(self):
        self.found(names.check, self.ask("sum by (executor) (pollscope_tasks_live)"), "has a label executor")

    def test_label_in_a_legend(self):
        self.found(names.check, self.ask("sum(pollscope_tasks_live)", "{{executor}}"), "the legend's executor")

    def test_value_that_a_label_cannot_have(self):
        self.found(names.check, self.ask('sum(pollscope_finding{severity="fatal"})'), "has no severity fatal")

    # Structure.

    def test_panels_on_each_other(self):
        self.found(structure.check, lambda it: it["panels"][1]["gridPos"].update(x=0), "lie on each other")

    def test_one_id_twice(self):
        self.found(structure.check, lambda it: it["panels"][1].update(id=1), "two panels have the id 1")

    def test_no_description(self):
        self.found(structure.check, lambda it: panel(it, "Seen").pop("description"), "Seen: no description")

    def test_link_to_nowhere(self):
        self.found(structure.check, lambda it: it.update(uid="pollscope-other"), "links to pollscope-service")

    def test_unknown_variable(self):
        path = files.HERE / "service.json"
        text = path.read_text().replace("$machine", "$computer")
        with mock.patch.object(
            pathlib.Path, "read_text", lambda self, *_: text if self == path else self.read_bytes().decode()
        ):
            problems = list(structure.check())
        self.assertIn("service.json: there is no variable computer", problems)

    # Grafana's schema.

    def test_key_that_grafana_does_not_know(self):
        self.found(schema._of_this_grafana, lambda it: panel(it, "Seen").update(descripton="x"), "descripton: unknown")

    def test_option_that_the_panel_does_not_have(self):
        change = lambda it: panel(it, "Seen")["options"].update(colourMode="value")
        self.found(schema._of_this_grafana, change, "colourMode: unknown")

    def test_value_of_another_type(self):
        change = lambda it: panel(it, "Seen")["gridPos"].update(h="5")
        self.found(schema._of_this_grafana, change, "'5' is no")

    def test_value_that_is_not_one_of_those_allowed(self):
        change = lambda it: panel(it, "Seen")["options"].update(colorMode="loud")
        self.found(schema._of_this_grafana, change, "'loud' is no")

    def test_panel_of_no_known_kind(self):
        change = lambda it: panel(it, "Seen").update(type="speedometer")
        self.found(schema._of_this_grafana, change, "no kind of panel named speedometer")


class Reading(unittest.TestCase):
    def read(self, expression):
        selectors, grouped = promql.parse(expression)
        return [(selector.metric, selector.labels) for selector in selectors], grouped

    def test_selectors_and_labels_of_all_places(self):
        self.assertEqual(
            self.read('sum by (a, b) (rate(x_total{c="}", d=~"$v"}[5m] offset 1h)) / on (e) group_left (f) y @ end()'),
            ([("x_total", ("c", "d")), ("y", ())], {"a", "b", "e", "f"}),
        )

    def test_grouping_behind_the_aggregation(self):
        self.assertEqual(self.read("sum(x) without (a) > bool 1e-3"), ([("x", ())], {"a"}))

    def test_recorded_names_and_subqueries(self):
        self.assertEqual(
            self.read("max_over_time(timestamp(service:x:max5m == 0)[12h:1m])"), ([("service:x:max5m", ())], set())
        )

    def test_what_it_cannot_read(self):
        with self.assertRaises(ValueError):
            promql.parse("x ; y")


if __name__ == "__main__":
    unittest.main()
