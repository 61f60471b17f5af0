"""Twenty steps of every optimizer and schedule against PyTorch, in float64, compared at each step."""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

from amont import optim  # noqa: E402
from amont.nn import Parameter  # noqa: E402
from amont.optim import schedules  # noqa: E402

CONFIGURATIONS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"betas": (0.5, 0.6), "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.3, "amsgrad": True, "betas": (0.5, 0.6)}),
    ("RMSprop", {}),
    ("RMSprop", {"alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}),
]


@pytest.mark.parametrize("name, options", CONFIGURATIONS, ids=lambda v: v if isinstance(v, str) else ",".join(v))
def test_optimizer_step_by_step(name: str, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(s) for s in ((4, 3), (5,), ())]
    ours = [Parameter(np.array(a)) for a in starts]
    theirs = [torch.nn.Parameter(torch.tensor(a, dtype=torch.float64)) for a in starts]
    a = getattr(optim, name)([{"params": ours[:1]}, {"params": ours[1:], "lr": 0.02}], lr=0.05, **options)
    b = getattr(torch.optim, name)([{"params": theirs[:1]}, {"params": theirs[1:], "lr": 0.02}], lr=0.05, **options)
    for step in range(20):
        for i, (p, q) in enumerate(zip(ours, theirs)):
            g = np.asarray(rng.standard_normal(p.shape))
            skipped = i == 1 and step % 4 == 0  # a parameter that is not always used
            p.grad, q.grad = (None, None) if skipped else (g, torch.tensor(g))
        a.step()
        b.step()
        for p, q in zip(ours, theirs):
            np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-11, atol=1e-13, err_msg=f"step {step}")


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_defaults_are_pytorchs(name: str) -> None:
    group = getattr(optim, name)([Parameter(np.zeros(1))]).param_groups[0]
    theirs = getattr(torch.optim, name)([torch.nn.Parameter(torch.zeros(1))]).param_groups[0]
    assert {k: v for k, v in group.items() if k != "params"} == {k: theirs[k] for k in group if k != "params"}


def rates(scheduler: Any, steps: int) -> list[float]:
    """Return the learning rates that PyTorch's scheduler gives to `steps` steps."""
    found = []
    for _ in range(steps):
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def torch_sgd(lr: float = 0.5) -> Any:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def sequential() -> Any:
    sgd, s = torch_sgd(), torch.optim.lr_scheduler
    parts = [s.LinearLR(sgd, start_factor=0.1, total_iters=5), s.ExponentialLR(sgd, 0.9)]
    return s.SequentialLR(sgd, parts, milestones=[5])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "ours, theirs, steps",
    [
        (schedules.constant(0.5), lambda s: s.ConstantLR(torch_sgd(), factor=1.0), 5),
        (schedules.step(0.5, 4, 0.3), lambda s: s.StepLR(torch_sgd(), 4, 0.3), 20),
        (schedules.exponential(0.5, 0.9), lambda s: s.ExponentialLR(torch_sgd(), 0.9), 20),
        (schedules.cosine(0.5, 20, 0.1), lambda s: s.CosineAnnealingLR(torch_sgd(), 20, 0.1), 21),
        (schedules.linear(0.05, 0.5, 6), lambda s: s.LinearLR(torch_sgd(), 0.1, total_iters=6), 12),
        (schedules.one_cycle(0.5, 20), lambda s: s.OneCycleLR(torch_sgd(), 0.5, total_steps=20), 20),
        (
            schedules.one_cycle(0.5, 17, rise=0.4, start=5, final=50),
            lambda s: s.OneCycleLR(torch_sgd(), 0.5, total_steps=17, pct_start=0.4, div_factor=5, final_div_factor=50),
            17,
        ),
        (schedules.warmup(schedules.exponential(0.5, 0.9), 5, start=0.05), lambda s: sequential(), 15),
    ],
    ids=["constant", "step", "exponential", "cosine", "linear", "one_cycle", "one_cycle-options", "warmup"],
)
def test_schedule(ours: schedules.Schedule, theirs: Any, steps: int) -> None:
    expected = rates_of_one_cycle(theirs, steps)
    np.testing.assert_allclose([ours(t) for t in range(steps)], expected, rtol=1e-12, atol=1e-15)


def rates_of_one_cycle(make: Any, steps: int) -> list[float]:
    """Return the rates; OneCycleLR refuses the step after its last."""
    scheduler = make(torch.optim.lr_scheduler)
    return [*rates(scheduler, steps - 1), scheduler.optimizer.param_groups[0]["lr"]]


def test_clip_grad_norm() -> None:
    rng = np.random.default_rng(0)
    ours = [Parameter(rng.standard_normal(s)) for s in ((4, 3), (5,))]
    theirs = [torch.nn.Parameter(torch.tensor(p.numpy())) for p in ours]
    for p, q in zip(ours, theirs):
        p.grad = rng.standard_normal(p.shape)
        q.grad = torch.tensor(p.grad)
    assert optim.clip_grad_norm(ours, 0.7) == pytest.approx(float(torch.nn.utils.clip_grad_norm_(theirs, 0.7)))
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-5)  # PyTorch divides by ‖g‖ + 1e-6
