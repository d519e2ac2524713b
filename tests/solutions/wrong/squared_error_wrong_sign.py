"""Wrong: the gradient of the squared error as target - pred, with the wrong sign."""


def squared_error_backward(pred, target):
    if pred.shape != target.shape or pred.size == 0 or object in (pred.dtype, target.dtype):
        raise ValueError(f"shapes {pred.shape}, {target.shape}")
    return target - pred
