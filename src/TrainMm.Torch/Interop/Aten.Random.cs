namespace TrainMm.Torch.Interop;

internal static partial class Aten
{
    internal static readonly Operator Bernoulli = new("aten::bernoulli");
    internal static readonly Operator BernoulliFloatInPlace = new("aten::bernoulli_", "float");
    internal static readonly Operator BernoulliTensorInPlace = new("aten::bernoulli_", "Tensor");
    internal static readonly Operator ExponentialInPlace = new("aten::exponential_");
    internal static readonly Operator Multinomial = new("aten::multinomial");
    internal static readonly Operator NormalInPlace = new("aten::normal_");
    internal static readonly Operator RandomFromInPlace = new("aten::random_", "from");
    internal static readonly Operator UniformInPlace = new("aten::uniform_");
}
