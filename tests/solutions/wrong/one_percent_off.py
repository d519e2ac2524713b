"""Wrong: a factor of 1.01 from nowhere. No known mistake."""


def squared_error_backward(pred, target):
    if pred.shape != target.shape or pred.size == 0 or object in (pred.dtype, target.dtype):
        raise ValueError(f"shapes {pred.shape}, {target.shape}")
    return 1.01 * (pred - target)
