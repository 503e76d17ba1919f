namespace TrainMm.Torch.Interop;

/// <summary>The shim's own operators (native/kernels.cpp, native/attention.cpp).</summary>
internal static partial class Aten
{
    internal static readonly Operator FusedAttention = new("trainmm::attention");
    internal static readonly Operator FusedAttentionBackward = new("trainmm::attention_backward");
    internal static readonly Operator FusedQuickGelu = new("trainmm::quick_gelu");
    internal static readonly Operator FusedQuickGeluBackward = new("trainmm::quick_gelu_backward");
    internal static readonly Operator FusedRmsNorm = new("trainmm::rms_norm");
    internal static readonly Operator FusedRmsNormBackward = new("trainmm::rms_norm_backward");
    internal static readonly Operator FusedSwiglu = new("trainmm::swiglu");
    internal static readonly Operator FusedSwigluBackward = new("trainmm::swiglu_backward");
    internal static readonly Operator FusedTurn = new("trainmm::turn");
}
