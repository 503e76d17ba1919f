using TrainMm.Data;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Instructions;
using TrainMm.Data.Text.Tokenizers;

namespace TrainMm.Tests.Data.Text.Instructions;

public sealed class MediumInstructionsTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly ITokenizer words;

    public MediumInstructionsTests()
    {
        folder.Write("vocab.txt", string.Join('\n', "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "what", "is", "this", "why", "##s", "?") + "\n");
        words = TokenizerFile.Load(folder.Path);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void AMediumHasTheQuestionOfItsOwnTurn()
    {
        var sample = new Sample
        {
            Id = "a",
            Origin = "a:1",
            Turns =
            [
                new Turn(Speaker.System, [new TextPart("Be kind.")]),
                new Turn(Speaker.User, [Medium("image", "a"), new TextPart("\nWhat is "), Medium("audio", "b"), new TextPart("this?\n")]),
                new Turn(Speaker.Assistant, [new TextPart("This.")]),
                new Turn(Speaker.User, [Medium("image", "c")]),
                new Turn(Speaker.Assistant, [new TextPart("That.")]),
                new Turn(Speaker.User, [new TextPart("Why?"), Medium("image", "d")]),
            ],
        };
        Assert.Equal(["a", "b", "c", "d"], sample.Media.Select(medium => medium.Path));
        Assert.Equal(["What is this?", "What is this?", "", "Why?"], MediumInstructions.QuestionsOf(sample));
    }

    [Theory]
    [InlineData("What is this?", 9, "[CLS]|what|is|this|?|[SEP]")]
    [InlineData("What is this?", 6, "[CLS]|what|is|this|?|[SEP]")]
    [InlineData("What is this?", 5, "[CLS]|what|is|this|[SEP]")]
    [InlineData("What is this?", 3, "[CLS]|what|[SEP]")]
    [InlineData("", 3, "[CLS]|[SEP]")]
    public void ALongOneLosesItsEndAndKeepsItsSpecialTokens(string question, int most, string expected)
    {
        var instructions = new MediumInstructions(words, most, paddingId: 0);
        Assert.Equal(expected, string.Join('|', instructions.Encode(question).Select(words.IdToToken)));
        Assert.Equal(question.Length > 0 && most < 6, instructions.IsCut(question));
    }

    private static MediumPart Medium(string modality, string path) => new(new MediumReference(modality, path));
}
