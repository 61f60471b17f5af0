import numpy as np

from amont import explain, nn
from amont.explain.plots import COLOURS, LINES, MARKERS, line


def test_series_differ_by_more_than_colour() -> None:
    looks = [(str(line(n)["linestyle"]), line(n)["marker"]) for n in range(len(COLOURS))]
    assert len(set(looks)) == len(COLOURS) == len(LINES) == len(MARKERS)


def test_gradient_flow_is_drawn_per_layer() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    model(np.ones((2, 3), np.float32)).backward(np.ones((2, 1)))
    flow = explain.gradient_flow(model)
    ax = explain.plot_gradient_flow(flow).axes[0]
    assert list(ax.lines[0].get_ydata()) == list(flow.layers().values())
    assert ax.get_yscale() == "log"
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_norms_over_time_begin_at_step_1() -> None:
    ax = explain.plot_over_time({"a": [1.0, 0.1], "b": [1.0, 2.0]}, ylabel="norm").axes[0]
    assert [list(drawn.get_xdata()) for drawn in ax.lines] == [[1, 2], [1, 2]]
