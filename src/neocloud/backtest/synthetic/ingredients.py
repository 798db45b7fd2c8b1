"""What the example is made of: published statistics of GPU clusters, each with its source, and figures of ours.

Figures of the Philly trace were measured on its published jobs (CC-BY-4.0; 109,918 of them, 2017-08 to 2017-12; the
first six weeks, nearly empty, left out of those about weekdays).
"""

import numpy as np

from neocloud.model.traces import Whole
from neocloud.units import DAY_S, HOUR_S

EXAMPLE_NODES = "121x8"
"""The fleet of the example, 968 GPUs. Ours: the A100 and H100 servers of the published clusters have 8 GPUs each."""

LOAD_RATIO = 0.62
"""GPU-hours of all jobs over the GPU-hours of the fleet. Ours, so that there is something to sell, and not all."""

BEGINS_AT = 1_767_571_200
"""Monday, 2026-01-05T00:00:00Z. Ours."""

LONGEST_S = 7 * DAY_S
"""No job runs or asks for longer. Ours: the longest of Philly ran for 60 days."""

# Shares of jobs by size. Of the jobs of the Philly trace (Jeon et al., USENIX ATC 2019) 86.4 % have 1 GPU and take
# 18 % of the GPU-hours; the 6.3 % of 8 GPUs or more take 62 %. Its largest has 128 GPUs. Ours: more jobs of 16 to
# 128, and a few of 256, as large models came after 2017.
SIZES: Whole = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256])
SIZE_SHARES = np.array([0.850, 0.027, 0.048, 0.050, 0.013, 0.007, 0.0034, 0.0012, 0.0004])

# Planned run times are lognormal. In the Philly trace the median is 20 minutes over all jobs, 19 minutes with 1 GPU
# (deviation of the logarithm 2.26) and 3 hours with 8 (3.16). Ours: what is planned is longer than what was run, as
# failed and cancelled jobs end early; one deviation for all; nothing over LONGEST_S.
MEDIANS_S = np.array([1_500, 2_400, 7_200, 10_800, 10_800, 10_800, 10_800, 7_200, 7_200])
DEVIATION = 1.9

# How jobs end. In Acme (Hu et al., USENIX NSDI 2024; 2023-03 to 2023-08; figure `bar_job_state` of its repository)
# 49.7 and 54.1 % of the jobs of its two clusters completed, 7.5 and 6.2 % were cancelled, 42.9 and 39.7 % failed; of
# the GPU time, cancelled jobs have 66.4 and 60.7 %, failed ones 12.4 and 8.0 %: it is large jobs that are cancelled.
# Ours: the chance by size, and how much of the planned time a job gets to run. It comes to 52, 6 and 41 % of the
# jobs, and to 53, 37 and 10 % of the GPU time: cancelled jobs have less of it than in Acme.
OUTCOMES = ("completed", "cancelled", "failed")
CANCELLED_SHARES = np.array([0.03, 0.05, 0.15, 0.30, 0.45, 0.55, 0.60, 0.60, 0.60])
FAILED_SHARE = 0.44
"""Of the jobs that nobody cancels."""

# Who submits. In the Philly trace, of the GPU-hours of jobs that name their team (those that passed), the largest of
# 15 has 26 %, the first three have 56 %, and the last four less than 0.1 %. Ours: the names, and shares
# that fall as 1 / rank.
TEAMS = (
    "pretraining", "post-training", "vision", "speech", "search", "evaluation", "robotics", "safety",
    "recommendations", "data", "interns", "compilers",
)  # fmt: skip

# When. In the Philly trace a day of the weekend has 0.57 times the submits of a mean day. Helios (Hu et al., SC 2021)
# describes fewer submits at night, and small dips at noon and in the evening; by how much is ours.
WEEKEND_RATIO = 0.57
HOURS = np.array([
    0.65, 0.5, 0.4, 0.35, 0.35, 0.4, 0.5, 0.7, 1.0, 1.3, 1.5, 1.45,
    1.2, 1.35, 1.5, 1.5, 1.5, 1.4, 1.15, 1.2, 1.2, 1.1, 0.95, 0.8,
])  # fmt: skip
WEEKS_DEVIATION = 0.08
"""Of the logarithm of how busy a week is. Ours."""

SWEEP = 4.0
"""Mean number of jobs of 1 GPU that are submitted at once, as a sweep of settings. Ours."""

# What is asked for. Users ask for much longer than they run (Mu'alem and Feitelson, IEEE TPDS 12(6), 2001), and in
# few round values (Tsafrir, Etsion and Feitelson, JSSPP 2005: 20 values make up about 90 % of the jobs). Ours: the
# values, and a factor with a median of 3.
LIMITS_S: Whole = np.array([600, 1_800, *(HOUR_S * np.array([1, 2, 4, 8, 12, 24, 48, 72, 120, 168]))])
PADDING = 3.0
PADDING_DEVIATION = 0.6
