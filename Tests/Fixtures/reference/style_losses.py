"""The costs of style transfer in PyTorch, as plainly as they can be written; style_*_reference.py import them.

Features are [channels, height, width]. Sources: Gatys, Ecker, Bethge, "Image style transfer using convolutional neural
networks", 2016; the programs that style_presets_reference.py names.
"""
import torch


def rows(features):
    return features.flatten(1)


def gram(features):
    """F F^T, divided by nothing."""
    return rows(features) @ rows(features).T


def normalised_gram(features):
    """F F^T over the number of positions: the second raw moment of the channels."""
    return gram(features) / rows(features).shape[1]


def mean_square(a, b):
    return (a - b).square().mean()


# ---- Statistics of Gaussians ----


def moments(features):
    return rows(features).mean(1), normalised_gram(features)


def covariance(mean, second_moment, epsilon=0.0):
    return second_moment - mean[:, None] * mean[None, :] + epsilon * torch.eye(len(mean))


def mean_and_covariance(features, target):
    """Mean over C of the means' squared differences, plus mean over C^2 of the covariances'."""
    (m, s), (n, t) = moments(features), moments(target)
    return mean_square(m, n) + mean_square(covariance(m, s), covariance(n, t))


class NewtonSchulz(torch.autograd.Function):
    """A root of a matrix by 12 steps, and its slope by 12 steps of Lyapunov's equation (Lin, Maji, "Improved bilinear
    pooling with CNNs", 2017). Eigenvalues below about 1e-4 of the norm have not come to their roots by then."""

    STEPS = 12

    @staticmethod
    def forward(context, a):
        norm, three = a.norm(), 3 * torch.eye(len(a))
        y, z = a / norm, torch.eye(len(a))
        for _ in range(NewtonSchulz.STEPS):
            t = (three - z @ y) / 2
            y, z = y @ t, t @ z
        root = norm.sqrt() * y
        context.save_for_backward(root)
        return root

    @staticmethod
    def backward(context, slope):
        (root,) = context.saved_tensors
        norm, three = root.norm(), 3 * torch.eye(len(root))
        a, q = root / norm, slope / norm
        for _ in range(NewtonSchulz.STEPS):
            t = three - a @ a
            q, a = (q @ t - a @ (a @ q - q @ a)) / 2, a @ t / 2
        return q / 2


def eigen_root(a):
    values, vectors = torch.linalg.eigh(a)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def wasserstein(target_moments, moments_, epsilon=1e-4):
    """Squared 2-Wasserstein distance of two Gaussians over C, with the anchor's approximate roots."""
    (n, t), (m, s) = target_moments, moments_
    wanted, found = covariance(n, t, epsilon), covariance(m, s, epsilon)
    root = NewtonSchulz.apply(wanted)
    mixed = NewtonSchulz.apply(root @ found @ root)
    return mean_square(m, n) + torch.diagonal(wanted + found - 2 * mixed).mean()


class TraceOfRoot(torch.autograd.Function):
    """tr (R S R)^(1/2): the singular values of R S^(1/2), which stay exact where S is all but singular. Its slope by S
    is R (R S R)^(-1/2) R / 2."""

    @staticmethod
    def forward(context, root, s):
        other = eigen_root(s)
        _, values, right = torch.linalg.svd(root @ other)
        side = torch.linalg.solve(other, right.T)
        context.save_for_backward(side * values @ side.T / 2)
        return values.sum()

    @staticmethod
    def backward(context, slope):
        (by_s,) = context.saved_tensors
        return None, slope * by_s


def exact_wasserstein(target_moments, moments_, epsilon=1e-4):
    """The same distance with roots by eigenvalues, and its true slope."""
    (n, t), (m, s) = target_moments, moments_
    wanted, found = covariance(n, t, epsilon), covariance(m, s, epsilon)
    trace = torch.trace(wanted) + torch.trace(found) - 2 * TraceOfRoot.apply(eigen_root(wanted), found)
    return mean_square(m, n) + trace / len(m)


# ---- Total variation of a picture [channels, height, width] ----


def to_the_right(x):
    return x[:, :, 1:] - x[:, :, :-1]


def below(x):
    return x[:, 1:] - x[:, :-1]


def variation_l1(x):
    """Sum of all neighbours' differences; its slope at a difference of 0 is 0."""
    return to_the_right(x).abs().sum() + below(x).abs().sum()


def variation_l2(x):
    return to_the_right(x).square().sum() + below(x).square().sum()


def variation_of_neural_style(x):
    """What neural-style's slope is the slope of: half of the squares, of pixels that are in neither the last row nor the
    last column."""
    return (to_the_right(x)[:, :-1].square().sum() + below(x)[:, :, :-1].square().sum()) / 2


def variation_nine_points(x):
    """2 (mean of squares to the right / 3 + below / 3 + along both diagonals / 12 each); the border's pixels repeat."""
    channels, height, width = x.shape
    y = torch.nn.functional.pad(x[None], (1, 1, 1, 1), "replicate")[0]
    straight = (to_the_right(x).square().sum() + below(x).square().sum()) / (channels * height * width)
    diagonal = mean_square(y[:, 1:, 1:], y[:, :-1, :-1]) + mean_square(y[:, 1:, :-1], y[:, :-1, 1:])
    return 2 * (straight / 3 + diagonal / 12)
