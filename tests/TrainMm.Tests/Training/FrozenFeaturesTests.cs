using TrainMm.Core.Kept;
using TrainMm.Models;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training;

[Collection(ProcessWide.Name)]
public sealed class FrozenFeaturesTests : IDisposable
{
    // [4, 16] of float32.
    private const long BytesPerMedium = 4 * 16 * 4;

    private readonly TinyRun run = new();
    private readonly RunOptions options;
    private readonly MultimodalModel model;
    private readonly OpenDataSet set;

    public FrozenFeaturesTests()
    {
        options = run.Options("pretrain.yaml");
        model = ModelAssembly.Build(options, ["image.input_projector"]);
        set = new DataAssembly(options, model).OpenTraining(_ => { });
    }

    public void Dispose()
    {
        set.Dispose();
        model.Dispose();
        run.Dispose();
    }

    [Fact]
    public void FeaturesAreTheEncodersOwn()
    {
        using var scope = NewDisposeScope();
        using var features = new FrozenFeatures(model, long.MaxValue);
        using var batch = set.Batches.LoadSamples([0, 1, 2]);
        var completed = features.Complete(batch).Media["image"].Features!;
        Assert.True(completed.allclose(model.Modalities["image"].Encode(batch.Media["image"].Values)));
        Assert.Equal((3, 3 * BytesPerMedium), (features.Count, features.Bytes));
        Assert.Equal(BytesPerMedium, FrozenFeatures.BytesPerMedium(model));
    }

    [Fact]
    public void AMediumIsEncodedOnce()
    {
        using var scope = NewDisposeScope();
        using var features = new FrozenFeatures(model, long.MaxValue);
        using var first = set.Batches.LoadSamples([0, 1, 2]);
        var known = features.Complete(first).Media["image"].Features!;
        using var second = set.Batches.LoadSamples([2, 2, 0], [2, 1, 0]);
        second.Media["image"].Values.fill_(float.NaN);
        var again = features.Complete(second).Media["image"].Features!;
        Assert.True(again.eq(known.index_select(0, tensor([2L, 1, 0]))).all().item<bool>());
        Assert.Equal(3, features.Count);
    }

    [Fact]
    public void BeyondTheCapacityNothingIsKeptAndAllIsEncoded()
    {
        using var scope = NewDisposeScope();
        using var features = new FrozenFeatures(model, (2 * BytesPerMedium) + 1);
        using var batch = set.Batches.LoadSamples([0, 1, 2, 3]);
        var completed = features.Complete(batch).Media["image"].Features!;
        Assert.Equal((2, 2 * BytesPerMedium), (features.Count, features.Bytes));
        Assert.True(completed.allclose(model.Modalities["image"].Encode(batch.Media["image"].Values)));
    }

    [Theory]
    [InlineData(64, new long[] { 3, 64, 64 })]
    [InlineData(64, new long[] { 3, 224, 224 })]
    [InlineData(28, new long[] { 3, 336, 336 })]
    [InlineData(8, new long[] { 8, 3, 224, 224 })]
    [InlineData(1, new long[] { 64, 3, 448, 448 })]
    public void FewerLargeMediaAreEncodedAtOnce(int expected, long[] shape) => Assert.Equal(expected, FrozenFeatures.AtOnce(shape));

    [Fact]
    public void AnEncoderThatIsTrainedIsLeftAlone()
    {
        using var trained = ModelAssembly.Build(options, ["image"]);
        using var features = new FrozenFeatures(trained, long.MaxValue);
        using var batch = set.Batches.LoadSamples([0, 1]);
        Assert.Same(batch, features.Complete(batch));
        Assert.Equal(0, FrozenFeatures.BytesPerMedium(trained));
    }

    [Fact]
    public void OneByOneTheBitsDependOnTheMediumAlone()
    {
        using var scope = NewDisposeScope();
        using var alone = new FrozenFeatures(model, long.MaxValue) { OneByOne = true };
        using var together = new FrozenFeatures(model, long.MaxValue) { OneByOne = true };
        using var many = set.Batches.LoadSamples([4, 3, 2, 1, 0]);
        var features = together.Complete(many).Media["image"].Features!;
        for (var i = 0; i < 5; i++)
        {
            using var one = set.Batches.LoadSamples([4 - i]);
            Assert.Equal(features.select(0, i).bytes.ToArray(), alone.Complete(one).Media["image"].Features!.bytes.ToArray());
        }

        Assert.Equal((5, 5), (together.Encoded, alone.Encoded));
    }

    [Fact]
    public void AheadOfTheStepOnlyWhatIsKnownIsGiven()
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using var batch = set.Batches.LoadSamples([0, 1, 2]);
        using (var store = TensorStore.Open(folder.Path, 1 << 20))
        using (var first = new FrozenFeatures(model, capacity: 0) { OneByOne = true, Stores = new Dictionary<string, TensorStore>(StringComparer.Ordinal) { ["image"] = store } })
        {
            Assert.Null(first.Recall(batch).Media["image"].Features);
            var encoded = first.Complete(batch).Media["image"].Features!;
            Assert.Equal((3, 0), (store.Added, store.Found));
            Assert.Equal(encoded.bytes.ToArray(), first.Recall(batch).Media["image"].Features!.bytes.ToArray());
            Assert.Equal((3, 0), (store.Found, first.Count));
        }

        using var warm = TensorStore.Open(folder.Path, 0);
        using var later = new FrozenFeatures(model, long.MaxValue) { OneByOne = true, Stores = new Dictionary<string, TensorStore>(StringComparer.Ordinal) { ["image"] = warm } };
        var recalled = later.Recall(batch);
        Assert.Same(recalled.Media["image"], later.Complete(recalled).Media["image"]);
        Assert.Equal((0, 3), (later.Encoded, later.Count));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void ARunWithKeptFeaturesGoesOnBitwise(long step)
    {
        string[] twoEpochs = ["train.max_steps=12"];
        run.Train("whole", settings: twoEpochs);
        Assert.Equal(step, run.Train("interrupted", stopAfter: step, settings: twoEpochs).Step);
        Assert.Equal(12, run.Train("interrupted", settings: twoEpochs).Step);
        Assert.Equal(run.Final("whole"), run.Final("interrupted"));
        Assert.Equal(run.Metrics("whole"), run.Metrics("interrupted"));
    }
}
