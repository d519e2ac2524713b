"""Wrong: mse_loss_backward lacks the factor 2, as if the loss had a 1/2."""


def mse_loss_backward(pred, target):
    if pred.shape != target.shape or pred.size == 0 or object in (pred.dtype, target.dtype):
        raise ValueError(f"shapes {pred.shape}, {target.shape}")
    return (pred - target) / pred.size
