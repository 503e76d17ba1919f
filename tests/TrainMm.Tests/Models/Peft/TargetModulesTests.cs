using TrainMm.Models.Peft.Lora;

namespace TrainMm.Tests.Models.Peft;

/// <summary>The rules of PEFT 0.10's <c>check_target_module_exists</c> and <c>_create_and_replace</c>.</summary>
public sealed class TargetModulesTests
{
    private const string Query = "model.layers.10.self_attn.q_proj";

    [Theory]
    [InlineData("q_proj", true)]
    [InlineData("self_attn.q_proj", true)]
    [InlineData("model.layers.10.self_attn.q_proj", true)]
    [InlineData("proj", false)]
    [InlineData("attn.q_proj", false)]
    [InlineData("self_attn", false)]
    [InlineData("k_proj", false)]
    public void ANameIsTheWholePathOrItsEndBehindADot(string name, bool matches) => Assert.Equal(matches, new TargetModules([name], null).Match(Query));

    [Theory]
    [InlineData(@".*\.(q_proj|v_proj)", true)]
    [InlineData(@".*language_model.*\.q_proj", true)]
    [InlineData("q_proj", false)]
    [InlineData(@".*q_pro", false)]
    [InlineData(@"model\.layers\.1\..*", false)]
    [InlineData(@"model\.layers\.10\..*", true)]
    [InlineData("k_proj|.*q_proj", true)]
    public void APatternIsForTheWholePath(string pattern, bool matches) => Assert.Equal(matches, new TargetModules(null, pattern).Match(Query));

    [Fact]
    public void AllLinearLeavesTheHeadOut()
    {
        var targets = new TargetModules(null, TargetModules.AllLinear);
        Assert.True(targets.Match(Query));
        Assert.False(targets.Match("lm_head"));
    }

    [Fact]
    public void LayersToTransformCountInTheListOfLayers()
    {
        var targets = new TargetModules(["q_proj"], null) { Layers = [1, 10] };
        Assert.True(targets.Match(Query));
        Assert.False(targets.Match("model.layers.2.self_attn.q_proj"));
        Assert.False((targets with { LayerLists = ["blocks"] }).Match(Query));
        Assert.True((targets with { LayerLists = ["blocks", "layers"] }).Match(Query));
    }

    [Fact]
    public void NamesThatFitNothingAreKnown() => Assert.Equal(["k_porj"], new TargetModules(["q_proj", "k_porj"], null).Unmatched([Query]));

    [Theory]
    [InlineData("model.layers.1.mlp.down_proj", 2, 6.0 / 2)]
    [InlineData("model.layers.11.mlp.down_proj", 4, 16.0 / 4)]
    [InlineData("model.layers.0.self_attn.q_proj", 8, 16.0 / 8)]
    [InlineData("model.layers.0.self_attn.v_proj", 4, 3.0 / 4)]
    public void PatternsChangeRankAndAlphaWhereTheirKeyFits(string path, int rank, double scale)
    {
        var settings = Settings(rslora: false);
        Assert.Equal((rank, scale), settings.For(path));
        var (sameRank, stabilised) = Settings(rslora: true).For(path);
        Assert.Equal(rank, sameRank);
        Assert.Equal(scale * Math.Sqrt(rank), stabilised, 12);
    }

    [Theory]
    [InlineData("lm_head", true)]
    [InlineData("model.embed_tokens", true)]
    [InlineData("model.layers.0.mlp.up_proj", true)]
    [InlineData("model.layers.0.self_attn.q_proj", false)]
    [InlineData("model.old_lm_head", false)]
    public void ModulesToSaveAreTakenWithAllThatIsInThem(string path, bool saved) => Assert.Equal(saved, TargetModules.IsWithin(Settings(rslora: false).ModulesToSave, path));

    private static LoraSettings Settings(bool rslora) => new()
    {
        Rank = 4,
        Alpha = 16,
        Targets = new TargetModules(null, TargetModules.AllLinear),
        RankPattern = [new(@"layers\.1\.mlp\.down_proj", 2), new("q_proj", 8)],
        AlphaPattern = [new(@"layers\.1\.mlp\.down_proj", 6), new("v_proj", 3), new("q_proj|k_proj", 99)],
        UseRslora = rslora,
        ModulesToSave = ["lm_head", "embed_tokens", "mlp"],
    };
}
