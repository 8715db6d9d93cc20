"""Models of an expensive objective and of feasibility; they see encoded points only.

Importing this room loads torch.
"""

from bohwsw.surrogates.botorch_factory import arguments as arguments
from bohwsw.surrogates.botorch_factory import called as called
from bohwsw.surrogates.botorch_factory import imported as imported
from bohwsw.surrogates.botorch_inputs import ModelInputs as ModelInputs
from bohwsw.surrogates.botorch_model import as_botorch as as_botorch
from bohwsw.surrogates.botorch_model import to_botorch as to_botorch
from bohwsw.surrogates.botorch_regression import BotorchModel as BotorchModel
from bohwsw.surrogates.botorch_regression import BotorchRegression as BotorchRegression
from bohwsw.surrogates.botorch_regression import botorch_model as botorch_model
from bohwsw.surrogates.botorch_regression import seeded as seeded
from bohwsw.surrogates.calibration import ClassifierCalibration as ClassifierCalibration
from bohwsw.surrogates.calibration import RegressionCalibration as RegressionCalibration
from bohwsw.surrogates.calibration import classifier_calibration as classifier_calibration
from bohwsw.surrogates.calibration import rank_correlation as rank_correlation
from bohwsw.surrogates.calibration import regression_calibration as regression_calibration
from bohwsw.surrogates.covariance import Hyperparameters as Hyperparameters
from bohwsw.surrogates.feasibility import FeasibilityClassifier as FeasibilityClassifier
from bohwsw.surrogates.feasibility import FittedLabels as FittedLabels
from bohwsw.surrogates.fit import default_hyperparameters as default_hyperparameters
from bohwsw.surrogates.gp import GaussianProcess as GaussianProcess
from bohwsw.surrogates.linear_model import BayesianLinearModel as BayesianLinearModel
from bohwsw.surrogates.polya_gamma import LOGIT_SCALE as LOGIT_SCALE
from bohwsw.surrogates.threads import one_thread as one_thread
from bohwsw.surrogates.transforms import HUGE as HUGE
from bohwsw.surrogates.transforms import Warping as Warping
from bohwsw.surrogates.transforms import centre_and_scale as centre_and_scale
from bohwsw.surrogates.transforms import constraint_warping as constraint_warping
from bohwsw.surrogates.transforms import front_warping as front_warping
from bohwsw.surrogates.transforms import looks_log_normal as looks_log_normal
from bohwsw.surrogates.transforms import objective_warping as objective_warping
from bohwsw.surrogates.transforms import outcome_warping as outcome_warping
from bohwsw.surrogates.transforms import warped_variances as warped_variances
from bohwsw.surrogates.trend import trend_coefficients as trend_coefficients
