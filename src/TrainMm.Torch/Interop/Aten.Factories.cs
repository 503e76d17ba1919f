namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator ArangeStartStep = new("aten::arange", "start_step");
    internal static readonly Operator EmptyLike = new("aten::empty_like");
    internal static readonly Operator EmptyMemoryFormat = new("aten::empty", "memory_format");
    internal static readonly Operator EyeM = new("aten::eye", "m");
    internal static readonly Operator Full = new("aten::full");
    internal static readonly Operator FullLike = new("aten::full_like");
    internal static readonly Operator HannWindowPeriodic = new("aten::hann_window", "periodic");
    internal static readonly Operator Linspace = new("aten::linspace");
    internal static readonly Operator Ones = new("aten::ones");
    internal static readonly Operator OnesLike = new("aten::ones_like");
    internal static readonly Operator RandGenerator = new("aten::rand", "generator");
    internal static readonly Operator RandLike = new("aten::rand_like");
    internal static readonly Operator RandintLikeLowDtype = new("aten::randint_like", "low_dtype");
    internal static readonly Operator RandintLowGenerator = new("aten::randint", "low_generator");
    internal static readonly Operator RandnGenerator = new("aten::randn", "generator");
    internal static readonly Operator RandnLike = new("aten::randn_like");
    internal static readonly Operator RandpermGenerator = new("aten::randperm", "generator");
    internal static readonly Operator Zeros = new("aten::zeros");
    internal static readonly Operator ZerosLike = new("aten::zeros_like");
}
