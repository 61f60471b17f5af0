"""Looking inside: counting, gradients per layer and per time step, checking a backward pass, plots."""

from amont.explain.counting import LayerCount, Summary, summary
from amont.explain.feature_maps import FeatureMap, FeatureMaps, feature_maps
from amont.explain.filters import Filters, filters
from amont.explain.grad_cam import GradCAM, grad_cam
from amont.explain.gradcheck import gradcheck
from amont.explain.gradient_flow import GradientFlow, gradient_flow
from amont.explain.patches import ExcitingPatches, Patch, exciting_patches
from amont.explain.plots import (
    plot_answer,
    plot_exciting_patches,
    plot_feature_maps,
    plot_filters,
    plot_grad_cam,
    plot_gradient_flow,
    plot_over_time,
    plot_saliency,
    plot_shift_response,
    plot_videos,
)
from amont.explain.receptive_field import ReceptiveField, receptive_field
from amont.explain.saliency import Saliency, saliency, smooth_grad
from amont.explain.shift import ShiftResponse, shift_response
from amont.explain.through_time import GradientThroughTime, JacobianProducts, gradient_through_time, jacobian_products

__all__ = [
    "ExcitingPatches",
    "FeatureMap",
    "FeatureMaps",
    "Filters",
    "GradCAM",
    "GradientFlow",
    "GradientThroughTime",
    "JacobianProducts",
    "LayerCount",
    "Patch",
    "ReceptiveField",
    "Saliency",
    "ShiftResponse",
    "Summary",
    "exciting_patches",
    "feature_maps",
    "filters",
    "grad_cam",
    "gradcheck",
    "gradient_flow",
    "gradient_through_time",
    "jacobian_products",
    "plot_answer",
    "plot_exciting_patches",
    "plot_feature_maps",
    "plot_filters",
    "plot_grad_cam",
    "plot_gradient_flow",
    "plot_over_time",
    "plot_saliency",
    "plot_shift_response",
    "plot_videos",
    "receptive_field",
    "saliency",
    "shift_response",
    "smooth_grad",
    "summary",
]
