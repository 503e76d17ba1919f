using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Bottleneck;
using TrainMm.Tests.Models.LanguageModels;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Peft;

public sealed class BottleneckTests
{
    public static TheoryData<string> Kinds => TinyLanguageModels.Decoders;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryKindHasABottleneckBehindAttentionAndBehindFeedForward(string kind)
    {
        using var scope = NewDisposeScope();
        using var plain = TinyLanguageModels.Build(kind);
        using var peft = Method(new BottleneckOptions { Bottleneck = 3 });
        using var adapted = TinyLanguageModels.Build(kind, peft: peft);
        Assert.Equal(kind == "mixtral" ? 2 * (1 + 3) : 2 * 2, ((LinearAdapter)peft).Adapted.Count);
        var ids = TinyLanguageModels.Ids();
        var (before, after) = (plain.Decode(plain.Embed(ids), new()), adapted.Decode(adapted.Embed(ids), new()));
        Assert.True(before.allclose(after, 0, 0));
        Disturb(peft);
        Assert.False(adapted.Decode(adapted.Embed(ids), new()).allclose(before, 1e-2, 1e-2));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.BFloat16, 5e-2)]
    public void EqualsItsDefinition(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = new TrainMm.Models.Layers.ModuleScope("layer", dtype, CPU).Child("plain").Linear(4, 3, bias: false);
        plain.Weight.copy_(linspace(-1, 1, 12).view(3, 4));
        var (d, u, x) = (linspace(-1, 2, 6).view(2, 3), linspace(-2, 1, 6).view(3, 2), linspace(-1, 2, 8).view(2, 4).to_type(dtype));
        using var adapted = new BottleneckLinear(plain, (Parameter(d), Parameter(linspace(0, 1, 2))), (Parameter(u), Parameter(linspace(1, 2, 3))), each => nn.functional.relu(each));
        var y = adapted.Forward(x);
        Assert.Equal(dtype, y.dtype);
        var h = x.to_type(ScalarType.Float32).matmul(linspace(-1, 1, 12).view(3, 4).t());
        for (var row = 0; row < 2; row++)
        {
            for (var column = 0; column < 3; column++)
            {
                var sum = h[row, column].item<float>() + 1 + (0.5 * column);
                for (var i = 0; i < 2; i++)
                {
                    double inner = i;
                    for (var j = 0; j < 3; j++) inner += h[row, j].item<float>() * d[i, j].item<float>();
                    sum += Math.Max(inner, 0) * u[column, i].item<float>();
                }

                Assert.Equal(sum, y[row, column].to_type(ScalarType.Float32).item<float>(), tolerance * Math.Max(1, Math.Abs(sum)));
            }
        }
    }

    [Fact]
    public void TheFrozenModelIsNotTouchedAndTheLossFalls()
    {
        using var scope = NewDisposeScope();
        using var model = Build(new BottleneckOptions { Bottleneck = 4 }, TrainablePaths.Adapter);
        var frozen = FrozenHash.Of(model);
        var losses = new List<float>();
        for (var step = 0; step < 4; step++)
        {
            var loss = TinyModel.Loss(model, TinyModel.Batch());
            losses.Add(loss.item<float>());
            loss.backward();
            using var guard = no_grad();
            foreach (var (_, parameter) in model.Peft!.Parameters)
            {
                parameter.add_(parameter.grad!, -0.05);
                parameter.grad!.zero_();
            }
        }

        Assert.True(losses[^1] < losses[0], string.Join(", ", losses));
        Assert.Equal(frozen, FrozenHash.Of(model));
    }

    [Fact]
    public void WhatIsSavedIsReadBack()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = Build(new BottleneckOptions { Bottleneck = 4, Activation = "relu", TargetModules = ["mlp.down_proj"] });
        Disturb(model.Peft!);
        model.Peft!.Save(folder.Path);
        using var read = Build(new BottleneckOptions { Checkpoint = folder.Path });
        Assert.Equal(model.Peft.Parameters.Keys, read.Peft!.Parameters.Keys, StringComparer.Ordinal);
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(read.Hidden(TinyModel.Batch()), 0, 0));
        Assert.Throws<InvalidOperationException>(model.Peft.Merge);
    }

    private static IPeftMethod Method(BottleneckOptions options) => AdapterCatalog.All.Component("adapter", options).Create(new PeftContext(7, new TrainablePaths([])));

    private static MultimodalModel Build(BottleneckOptions options, params string[] trained) => TinyModel.Build(TinyModel.Options(adapter: AdapterCatalog.All.Component("adapter", options)), trained);

    private static TorchSharp.Modules.Parameter Parameter(Tensor values) => new(values.clone(), requires_grad: false);

    private static void Disturb(IPeftMethod peft)
    {
        using var guard = no_grad();
        foreach (var (path, parameter) in peft.Parameters)
        {
            if (path.Contains("adapter_up", StringComparison.Ordinal)) parameter.copy_(linspace(-0.5, 0.7, parameter.numel()).view(parameter.shape));
        }
    }
}
