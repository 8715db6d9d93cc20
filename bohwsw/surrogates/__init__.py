"""Models of an expensive objective and of feasibility; they see encoded points only.

Importing this room loads torch.
"""

from bohwsw.surrogates.botorch_model import to_botorch
from bohwsw.surrogates.calibration import (
    ClassifierCalibration,
    RegressionCalibration,
    classifier_calibration,
    regression_calibration,
)
from bohwsw.surrogates.covariance import Hyperparameters
from bohwsw.surrogates.feasibility import FeasibilityClassifier, FittedLabels
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.linear_model import BayesianLinearModel
from bohwsw.surrogates.polya_gamma import LOGIT_SCALE
from bohwsw.surrogates.threads import one_thread
from bohwsw.surrogates.transforms import (
    Warping,
    centre_and_scale,
    constraint_warping,
    looks_log_normal,
    objective_warping,
    outcome_warping,
    warped_variances,
)

__all__ = [
    "LOGIT_SCALE",
    "BayesianLinearModel",
    "ClassifierCalibration",
    "FeasibilityClassifier",
    "FittedLabels",
    "GaussianProcess",
    "Hyperparameters",
    "RegressionCalibration",
    "Warping",
    "centre_and_scale",
    "classifier_calibration",
    "constraint_warping",
    "looks_log_normal",
    "objective_warping",
    "one_thread",
    "outcome_warping",
    "regression_calibration",
    "to_botorch",
    "warped_variances",
]
