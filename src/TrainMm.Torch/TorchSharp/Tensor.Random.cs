using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => Aten.NormalInPlace.CallInPlace(this, mean, std, generator);
        public Tensor uniform_(double from, double to, Generator? generator = null) => Aten.UniformInPlace.CallInPlace(this, from, to, generator);
        public Tensor random_(double from, double to, Generator? generator = null) => Aten.RandomFromInPlace.CallInPlace(this, (long)from, (long)to, generator);
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => Aten.BernoulliFloatInPlace.CallInPlace(this, p, generator);
        public Tensor bernoulli_(Tensor p, Generator? generator = null) => Aten.BernoulliTensorInPlace.CallInPlace(this, p, generator);
        public Tensor bernoulli(Generator? generator = null) => Aten.Bernoulli.Call(this, generator);
        public Tensor exponential_(double lambda = 1, Generator? generator = null) => Aten.ExponentialInPlace.CallInPlace(this, lambda, generator);
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) => Aten.Multinomial.Call(this, num_samples, replacement, generator);
    }
}
