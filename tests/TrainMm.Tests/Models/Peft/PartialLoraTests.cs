using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Layers;
using TrainMm.Models.Peft.Lora;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Peft;

public sealed class PartialLoraTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void ALayersTextRowsAreBitForBitTheFrozenOnes(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var place = new ModuleScope("layer", dtype, CPU);
        var frozen = place.Child("plain").Linear(6, 5, bias: true);
        var (down, up) = (new TorchSharp.Modules.Parameter(linspace(-1, 1, 12).view(2, 6), requires_grad: false), new TorchSharp.Modules.Parameter(linspace(-1, 1, 10).view(5, 2), requires_grad: false));
        using (no_grad())
        {
            frozen.Weight.copy_(linspace(-2, 3, 30).view(5, 6));
            frozen.Bias!.copy_(linspace(0, 1, 5));
        }

        var adapted = new LoraLinear(frozen, down, up, scale: 2, dropout: 0, mediaOnly: true);
        var input = linspace(-3, 3, 2 * 4 * 6).view(2, 4, 6).to_type(dtype);
        var plain = frozen.Forward(input).view(8, 5);
        var partial = adapted.Forward(input, new MediaRows(tensor(new long[] { 1, 2, 7 }))).view(8, 5);
        foreach (var row in (int[])[0, 3, 4, 5, 6]) Assert.True(plain[row].bytes.SequenceEqual(partial[row].bytes), $"row {row}");
        foreach (var row in (int[])[1, 2, 7]) Assert.False(plain[row].allclose(partial[row]), $"row {row}");
        Assert.True(adapted.Forward(input).bytes.SequenceEqual(frozen.Forward(input).bytes));
    }

    [Fact]
    public void TextBeforeAnImageAndTextAloneAreBitForBitTheFrozenModels()
    {
        using var scope = NewDisposeScope();
        using var frozen = TinyModel.Build(TinyModel.Options());
        using var adapted = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("partial_lora")));
        TinyModel.Disturb(adapted.Peft!);
        var (plain, partial) = (frozen.Hidden(TinyModel.Batch()), adapted.Hidden(TinyModel.Batch()));
        Assert.True(plain[0].narrow(0, 0, 2).bytes.SequenceEqual(partial[0].narrow(0, 0, 2).bytes));
        Assert.True(plain[1].narrow(0, 0, 5).bytes.SequenceEqual(partial[1].narrow(0, 0, 5).bytes));
        Assert.False(plain[0].narrow(0, 2, 4).allclose(partial[0].narrow(0, 2, 4)));
        Assert.False(plain[0].narrow(0, 6, 4).allclose(partial[0].narrow(0, 6, 4))); // later text sees the image
    }

    [Fact]
    public void WhereEveryPositionIsAnImagesItIsALora()
    {
        using var scope = NewDisposeScope();
        using var lora = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter()));
        using var partial = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("partial_lora")));
        TinyModel.Disturb(lora.Peft!);
        TinyModel.Disturb(partial.Peft!);
        var embeddings = linspace(-1, 1, 5 * 16).view(1, 5, 16);
        var expected = lora.LanguageModel.Decode(embeddings, new());
        var actual = partial.LanguageModel.Decode(embeddings, new() { AdapterMask = ones([1, 5], ScalarType.Bool) });
        Assert.True(actual.allclose(expected, 1e-5, 1e-6));
    }

    [Fact]
    public void OnlyThePositionsOfImagesGiveItAGradient()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("partial_lora")), TrainablePaths.Adapter);
        TinyModel.Disturb(model.Peft!);
        TinyModel.Loss(model, TinyModel.Batch()).backward();
        Assert.All(model.Peft!.Parameters.Values.Where(parameter => parameter.grad is not null), parameter => Assert.True(parameter.grad!.isfinite().all().item<bool>()));
        Assert.Contains(model.Peft.Parameters, pair => pair.Value.grad is { } gradient && gradient.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void ItCannotBeMergedNorReadAsALora()
    {
        using var folder = new TempFolder();
        using var model = TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("partial_lora")));
        Assert.Throws<InvalidOperationException>(model.Peft!.Merge);
        model.Peft.Save(folder.Path);
        var asLora = TinyModel.Options(adapter: TinyModel.Adapter("lora", new LoraOptions { Checkpoint = folder.Path }));
        Snapshot.Match(Assert.Throws<CheckpointException>(() => TinyModel.Build(asLora)).Message, "not-a-lora", folder.Path);
        TinyModel.Build(TinyModel.Options(adapter: TinyModel.Adapter("partial_lora", new LoraOptions { Checkpoint = folder.Path }))).Dispose();
    }
}
