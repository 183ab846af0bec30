"""Writes ../losses.json: values and gradients of the losses, by PyTorch in float64, from inputs in float32.

    python3 -m venv v
    v/bin/pip install torch numpy
    v/bin/python losses_reference.py

Each case has the loss's name and settings, its inputs (embeddings [count, dimension], labels or a teacher's embeddings, the
head's arrays) and what PyTorch makes of them: value, gradient, head gradients. Mining is written as loops over triplets, as
the papers have it. Inputs are numbers that a float32 holds, answers have twelve digits.
"""
import json, math, pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(20150312)  # the day FaceNet was published
torch.set_default_dtype(torch.float64)


def numbers(*shape, scale=1.0):
    """Normal numbers in steps of 1/4096: short, and the same in float32."""
    return (torch.randn(*shape) * scale).mul(4096).round().div(4096)


def averaged(terms, reduction, considered=None):
    terms = torch.stack(terms) if isinstance(terms, list) else terms
    if reduction == "sum":
        return terms.sum()
    if reduction == "mean":
        return terms.sum() / max(considered if considered is not None else terms.numel(), 1)
    return terms.sum() / max(int((terms > 0).sum()), 1)


def squared(x):
    return (x[:, None] - x[None]).pow(2).sum(-1)


def triplet(x, s, **_):
    a, p, n = x[0::3], x[1::3], x[2::3]
    return averaged(F.relu((a - p).pow(2).sum(1) - (a - n).pow(2).sum(1) + s["margin"]), s["reduction"])


def mined(mining):
    def loss(x, s, labels, report, **_):
        d, terms, count = squared(x), [], len(labels)
        for a in range(count):
            positives = [i for i in range(count) if i != a and labels[i] == labels[a]]
            negatives = [i for i in range(count) if labels[i] != labels[a]]
            if not positives or not negatives:
                continue
            if mining == "hard":
                terms.append(d[a, max(positives, key=lambda i: d[a, i])] - d[a, min(negatives, key=lambda i: d[a, i])])
            for p in positives if mining != "hard" else []:
                farther = [i for i in negatives if d[a, i] > d[a, p]]
                chosen = negatives if mining == "all" else [min(farther, key=lambda i: d[a, i])] if farther else []
                terms += [d[a, p] - d[a, n] for n in chosen]
        same = [(i, j) for i in range(count) for j in range(count) if i != j and labels[i] == labels[j]]
        other = [(i, j) for i in range(count) for j in range(count) if labels[i] != labels[j]]
        terms = F.relu(torch.stack(terms) + s["margin"]) if terms else (0 * x).sum()[None]
        report["statistics"] = {
            "triplets": terms.numel(), "active": int((terms > 0).sum()),
            "hardest_positive": max(float(d.detach()[i, j]) for i, j in same),
            "hardest_negative": min(float(d.detach()[i, j]) for i, j in other),
        }  # fmt: skip
        return averaged(terms, s["reduction"])

    return loss


def contrastive(x, s, labels, **_):
    a, b, y = x[0::2], x[1::2], torch.tensor(labels)
    d = ((a - b).pow(2).sum(1) + s["epsilon"]).sqrt()
    return averaged(torch.where(y == 0, d**2 / 2, F.relu(s["margin"] - d) ** 2 / 2), s["reduction"])


def softmax(x, s, labels, head, **_):
    return F.cross_entropy(x @ head[0].T + head[1], torch.tensor(labels), reduction=s["reduction"])


def centre(x, s, labels, head, report, **_):
    y, c = torch.tensor(labels), head[2]
    moved = c.detach().clone()
    for j in range(len(c)):
        members = x.detach()[y == j]
        moved[j] -= s["rate"] * (c.detach()[j] - members).sum(0) / (1 + len(members))
    report["moved"] = flat(moved)
    return softmax(x, s, labels, head) + s["lambda"] / 2 * averaged((x - c[y]).pow(2).sum(1), s["reduction"])


def pairwise(feature):
    def loss(x, s, labels, head, **_):
        a, b = x[0::2], x[1::2]
        f = (a - b).abs() if feature == "difference" else (a - b) ** 2 / (a.abs() + b.abs())
        same = 1 - torch.tensor(labels).double()
        return F.binary_cross_entropy_with_logits((f @ head[0].T + head[1])[:, 0], same, reduction=s["reduction"])

    return loss


def cosines(x, w):
    return F.normalize(x) @ F.normalize(w).T


def cosface(x, s, labels, head, **_):
    y = torch.tensor(labels)
    scores = s["scale"] * (cosines(x, head[0]) - s["margin"] * F.one_hot(y, len(head[0])))
    return F.cross_entropy(scores, y, reduction=s["reduction"])


def arcface(x, s, labels, head, **_):
    y, m = torch.tensor(labels), s["margin"]
    c = cosines(x, head[0])
    sine = (1 - c**2).clamp(min=1e-7).sqrt()
    wide = torch.where(c > math.cos(math.pi - m), c * math.cos(m) - sine * math.sin(m), c - math.sin(math.pi - m) * m)
    scores = s["scale"] * torch.where(F.one_hot(y, len(head[0])).bool(), wide, c)
    return F.cross_entropy(scores, y, reduction=s["reduction"])


def distillation(x, s, teacher, **_):
    e, t = F.normalize(x), F.normalize(teacher)
    return s["cosine"] * (1 - (e * t).sum(1)).mean() + s["similarity"] * ((e @ e.T - t @ t.T) ** 2).mean()


def teacher_distance(x, s, teacher, **_):
    return (x - teacher).pow(2).sum(1).mean()


LOSSES = {
    "triplet": triplet, "batch_hard": mined("hard"), "semi_hard": mined("semi"), "all_triplets": mined("all"),
    "contrastive": contrastive, "softmax": softmax, "centre": centre, "pair_difference": pairwise("difference"),
    "pair_chi_square": pairwise("chi_square"), "cosface": cosface, "arcface": arcface, "distillation": distillation,
    "teacher_distance": teacher_distance,
}  # fmt: skip


def flat(tensor):
    return [float(f"{v:.12g}") for v in tensor.detach().flatten().tolist()]


def case(name, embeddings, note="", labels=None, teacher=None, head=(), classes=0, **settings):
    x = embeddings.clone().requires_grad_()
    head = [h.clone().requires_grad_() for h in head]
    report = {}
    given = {"s": settings, "labels": labels, "teacher": teacher, "head": head, "report": report}
    value = LOSSES[name](x, **given)
    gradients = torch.autograd.grad(value, [x, *head], allow_unused=True)
    gradients = [torch.zeros_like(v) if g is None else g for g, v in zip(gradients, [x, *head])]
    assert all(torch.isfinite(g).all() for g in gradients) and torch.isfinite(value), (name, note)
    return {
        "loss": name, "note": note, "settings": settings, "count": len(x), "dimension": x.shape[1], "classes": classes,
        "embeddings": x.detach().flatten().tolist(), "labels": labels or [], "teacher": [] if teacher is None else teacher.flatten().tolist(),
        "head": [h.detach().flatten().tolist() for h in head], "value": flat(value)[0], "gradient": flat(gradients[0]),
        "head_gradients": [flat(g) for g in gradients[1:]], **report,
    }  # fmt: skip


cases = []
for reduction in ("sum", "mean", "mean_of_active"):
    cases.append(case("triplet", numbers(15, 7, scale=0.4), margin=0.25, reduction=reduction))
    for name in ("batch_hard", "semi_hard", "all_triplets"):
        # People of 5, 3, 2, 1 and 2 photos, mixed; numbers that are no indices.
        labels = [7, 7, -3, 7, 900, 12, -3, 7, 12, 5, -3, 7, 5]
        cases.append(case(name, numbers(13, 5, scale=0.5), labels=labels, margin=0.25, reduction=reduction))
    cases.append(
        case("contrastive", numbers(14, 5, scale=0.4), labels=[0, 1, 1, 0, 1, 0, 1], margin=1.25, epsilon=0.0625,
             reduction=reduction))  # fmt: skip
for name in ("batch_hard", "semi_hard", "all_triplets"):
    x = F.normalize(numbers(24, 16)).float().double()
    cases.append(case(name, x, "P x K", labels=[i // 4 for i in range(24)], margin=0.25, reduction="mean"))
    x = numbers(6, 3, scale=0.01) + torch.tensor([[1.0 * (i // 2)] * 3 for i in range(6)])
    x = x.float().double()
    cases.append(case(name, x, "nothing is active", labels=[0, 0, 1, 1, 2, 2], margin=0.25, reduction="mean_of_active"))
for reduction in ("sum", "mean"):
    labels = [0, 3, 3, 1, 0, 3, 2, 0, 4]
    weights, bias, centres = numbers(6, 5), numbers(6), numbers(6, 5)
    cases.append(case("softmax", numbers(9, 5), labels=labels, head=[weights, bias], classes=6, reduction=reduction))
    cases.append(
        case("centre", numbers(9, 5), labels=labels, head=[weights, bias, centres], classes=6, reduction=reduction,
             rate=0.5, **{"lambda": 0.125}))  # fmt: skip
    for name in ("pair_difference", "pair_chi_square"):
        head = [numbers(1, 7), numbers(1)]
        cases.append(
            case(name, numbers(10, 7), labels=[0, 1, 1, 0, 1], head=head, classes=1, reduction=reduction))
    for name, margin in (("cosface", 0.375), ("arcface", 0.5)):
        cases.append(
            case(name, numbers(9, 5), labels=labels, head=[weights], classes=6, reduction=reduction, scale=8.0, margin=margin))
        opposite = torch.cat([-weights[:3], weights[3:]]) + numbers(6, 5, scale=0.05)
        opposite = opposite.float().double()
        cases.append(
            case(name, opposite, "past pi", labels=[0, 1, 2, 3, 4, 5], head=[weights], classes=6, reduction=reduction,
                 scale=8.0, margin=margin))  # fmt: skip
cases.append(case("pair_chi_square", numbers(10, 7).abs(), "nothing negative: chi-square itself", labels=[0, 1, 1, 0, 1],
                  head=[numbers(1, 7), numbers(1)], classes=1, reduction="mean"))  # fmt: skip
cases.append(case("softmax", numbers(5, 3, scale=100), "scores of hundreds", labels=[0, 1, 0, 1, 1],
                  head=[numbers(2, 3), numbers(2)], classes=2, reduction="mean"))  # fmt: skip
cases.append(case("softmax", numbers(4, 3), "one class", labels=[0] * 4, head=[numbers(1, 3), numbers(1)], classes=1,
                  reduction="mean"))  # fmt: skip
for cosine, similarity in ((2.0, 4.0), (1.0, 0.0), (0.0, 1.0)):
    cases.append(
        case("distillation", numbers(7, 5), teacher=numbers(7, 5), cosine=cosine, similarity=similarity))
cases.append(case("teacher_distance", numbers(7, 5), teacher=numbers(7, 5)))

target = pathlib.Path(__file__).parent.parent / "losses.json"
target.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases,", target.stat().st_size, "bytes")
